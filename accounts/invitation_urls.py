"""The pages of an invitation."""

from django.urls import path

from accounts.invitation_pages import InvitationLink, InvitationPage

urlpatterns = [
    path("", InvitationPage.as_view(), name="invitation"),
    path("<str:token>/", InvitationLink.as_view(), name="invitation-link"),
]
