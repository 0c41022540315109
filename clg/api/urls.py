"""The API's own documents: two OpenAPI files and the page that shows them to signed-in people."""

from django.contrib.auth.decorators import login_required
from django.urls import path
from drf_spectacular.views import SpectacularSwaggerSplitView
from rest_framework.permissions import AllowAny

from clg.api.documents import Document30, Document31

# The page is Django's to guard: a visitor without a session is sent to the login, not told 401.
_docs = SpectacularSwaggerSplitView.as_view(
    url_name="openapi-3.1", authentication_classes=[], permission_classes=[AllowAny]
)

urlpatterns = [
    path("openapi-3.1.json", Document31.as_view(), name="openapi-3.1"),
    path("openapi-3.0.json", Document30.as_view(), name="openapi-3.0"),
    path("docs/", login_required(_docs), name="api-docs"),
]
