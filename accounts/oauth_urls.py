"""The token door."""

from django.urls import path

from accounts.api.token import TokenDoor

urlpatterns = [path("token", TokenDoor.as_view(), name="oauth-token")]
