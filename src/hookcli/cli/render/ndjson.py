"""What a listener reports, as NDJSON records: `v`, `type` and `at` first in each."""

from typing import assert_never

from hookcli.tunnel import observe
from hookcli.workbench import records, urls
from hookcli.workbench.records import Record


def dumped(record: Record) -> str:
    """One line without its line feed."""
    return records.line(record).decode("ascii").rstrip("\n")


def head(kind: str, at: int) -> Record:
    """The three keys that every record begins with; `at` in µs since the epoch."""
    return {"v": records.VERSION, "type": kind, "at": records.instant(at)}


def notice(level: str, code: str, text: str, hint: str = "", *, at: int | None = None) -> Record:
    """Something worth a sentence; `level` is debug, info, warning or error."""
    if at is None:
        import time

        at = time.time_ns() // 1000
    return head("notice", at) | {"level": level, "code": code, "text": text, "hint": hint or None}


def record(report: observe.Report, at: int) -> Record | None:
    """The record of a report; None for what only a screen shows. `Done` is told by the command."""
    match report:
        case observe.Captured(capture=capture, body=body, skipped=skipped):
            return records.event_record(capture, body, at=at) | {"skipped": skipped}
        case observe.AttemptFinished(attempt=attempt):
            return records.attempt_record(attempt, at=at)
        case observe.SenderTold(capture=event, told=told):
            return records.reply_record(event, told, at=at)
        case observe.AttemptStarted() | observe.Alive() | observe.Stale() | observe.Done():
            return None
        case observe.Retargeted():
            return None
        case _:
            return _state(report, at) | _of(report)


def _of(report: observe.Report) -> Record:
    """Which of several endpoints it is about."""
    if isinstance(report, observe.OfOne) and report.endpoint:
        return {"endpoint": report.endpoint}
    return {}


def _state(
    report: observe.Ready
    | observe.Connected
    | observe.Lost
    | observe.Reconnecting
    | observe.Missing
    | observe.TurnedAway
    | observe.TargetState
    | observe.Notice,
    at: int,
) -> Record:
    match report:
        case observe.Ready():
            return head("ready", at) | {
                "url": report.url,
                "endpoint": report.endpoint,
                "name": report.name or None,
                "targets": list(report.targets),
                "relay": report.relay,
                "local": report.local,
                "resume_seq": report.resume_seq,
                "backlog": report.backlog,
                "retention_s": report.retention_s,
            }
        case observe.Connected(down_ms=down_ms, caught_up=caught_up):
            return head("connected", at) | {"down_ms": down_ms, "caught_up": caught_up}
        case observe.Lost(reason=reason):
            return head("lost", at) | {"reason": reason}
        case observe.Reconnecting():
            return head("reconnecting", at) | {
                "reason": report.reason,
                "down_ms": report.down_ms,
                "try": report.attempt,
                "retry_in_ms": report.retry_in_ms,
            }
        case observe.Missing():
            return head("gap", at) | {
                "from_seq": report.from_seq,
                "to_seq": report.to_seq,
                "count": report.count,
                "reason": report.reason,
            }
        case observe.TurnedAway():
            path, query = urls.path_and_query(report.target)
            return head("refused", at) | {
                "refused_at": records.instant(report.at),
                "method": report.method,
                "path": path.decode("utf-8", "replace"),
                "query": query.decode("utf-8", "replace"),
                "peer": report.peer,
                "status": report.status,
                "reason": report.reason,
                "detail": report.detail or None,
                "more": report.more,
            }
        case observe.TargetState():
            return head("target", at) | {
                "url": report.target,
                "state": report.state,
                "waiting": report.waiting,
                "next_try_ms": report.next_try_ms,
                "error": report.error or None,
            }
        case observe.Notice():
            return notice(report.level, report.code, report.text, report.hint, at=at)
    assert_never(report)


def done(report: observe.Done, exit_code: int, at: int) -> Record:
    """The last record of a listener."""
    return head("done", at) | {
        "captured": report.captured,
        "failed": report.failed,
        "waiting": report.waiting,
        "last_seq": report.last_seq,
        "exit_code": exit_code,
    }
