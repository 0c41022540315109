"""The API's own documents: two OpenAPI files and the page that shows them to signed-in people."""

from django.contrib.auth.decorators import login_required
from django.urls import path
from drf_spectacular.views import SpectacularJSONAPIView, SpectacularSwaggerSplitView
from rest_framework.permissions import AllowAny

_V30 = {"OAS_VERSION": "3.0.3"}
# The page is Django's to guard: a visitor without a session is sent to the login, not told 401.
_docs = SpectacularSwaggerSplitView.as_view(
    url_name="openapi-3.1", authentication_classes=[], permission_classes=[AllowAny]
)

urlpatterns = [
    path("openapi-3.1.json", SpectacularJSONAPIView.as_view(), name="openapi-3.1"),
    path("openapi-3.0.json", SpectacularJSONAPIView.as_view(custom_settings=_V30), name="openapi-3.0"),
    path("docs/", login_required(_docs), name="api-docs"),
]
