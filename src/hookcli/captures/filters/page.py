"""The filter language on one page, for the command line and the screen."""

PAGE = """\
A filter is fields with values; several are and-ed.

  status:5xx source:stripe                  both
  type:invoice.*  -is:replay                a glob; a minus or `not` negates
  ms>500  size>=10kB  since:1h  attempts>1  comparisons, with units
  body.data.object.amount>1000              a path into JSON or a form; [0], [*] for lists
  query.page=2                              a field of the query
  header.stripe-signature:t=17*             a header by its name
  resp.body:~"Integrity"                    ~ is a regular expression
  sig:bad or (status:4xx path:/webhooks)    or, parentheses
  refund                                    a bare word: anywhere visible and in the body
  "payment failed"                          a phrase

Fields      id seq endpoint source type method path query.* status ms size since until target
            sig scheme peer header header.* body body.* resp.status resp.header resp.header.*
            resp.body resp.body.* reply attempts tag note error is
            status, ms, target, error and resp.* tell of the latest attempt
status:     200, 5xx, err (no answer), wait (not tried yet, or the app refuses connections),
            refused timeout aborted tls garbled too_large
reply:      what the sender was told: 200, 5xx, or by app ack deadline gone hookcli none
sig:        ok bad none stale unknown new (signed here)
is:failed   no 2xx answer to the latest attempt, or given up; what waits has not failed
is:replay   sent again         is:mutation  a changed copy    is:dup      repeats an earlier one
is:pending  to be delivered    is:new       and not tried     is:skipped  not forwarded
is:late     told by the deadline, not by the app              is:marked   tagged `marked`
since: until:  10m 2h 7d today yesterday 2026-01-31 2026-01-31T14:30Z; until a day: to its end
ms> size>   250 250ms 1.5s 2m, 512 10kB 1MiB

Operators   :    contains; with * or ? the whole value, \\* is a star; a number is compared whole
            =    exactly    !=  not =    <  <=  >  >=    :~  regular expression
            "…"  a value as it stands, blanks, * and parentheses too; \\" is a quote in it

Words match whatever their case, unless they contain a capital.

mitmproxy's operators work too, with regular expressions: ~u path, ~m method, ~c status,
~h ~hq ~hs headers (q the request's, s the answer's), ~b ~bq ~bs bodies, ~t content type,
~e no answer, ~marked, ~comment note, ~replay; & and, | or, ! not."""
