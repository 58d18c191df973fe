"""A whole Django project in one file, which takes Standard Webhooks."""

import os

import django
from django.conf import settings
from django.core.asgi import get_asgi_application
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, JsonResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from standardwebhooks import Webhook, WebhookVerificationError

settings.configure(ALLOWED_HOSTS=["*"], ROOT_URLCONF=__name__, SECRET_KEY="not in production")
django.setup()

taken: list[str] = []
"""The types of the events that were taken, in their order."""
_seen: set[str] = set()


@csrf_exempt
@require_POST
def webhook(request: HttpRequest) -> JsonResponse:
    """Take an event once, if its sender has signed it."""
    try:
        event = Webhook(os.environ["WEBHOOK_SECRET"]).verify(request.body, dict(request.headers))
    except WebhookVerificationError:
        return JsonResponse({"error": "not signed"}, status=401)
    name = request.headers["webhook-id"]
    repeat = name in _seen
    if not repeat:
        _seen.add(name)
        taken.append(event["type"])
    return JsonResponse({"repeat": repeat})


urlpatterns = [path("webhooks/", webhook)]
asgi = get_asgi_application()
wsgi = get_wsgi_application()
