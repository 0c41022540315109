"""The same page as a serializer of the model would write it, without the caller's own ids."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.renderers import JSONRenderer

from accounts.models import Account


class AccountSerializer(serializers.ModelSerializer[Account]):
    """Every column that the answer has."""

    class Meta:
        model = Account
        fields = (
            "public_id", "version", "complete", "created_at", "deleted_at", "name", "website", "domain", "industry",
            "segment", "region", "country", "employees", "lifecycle", "owner_email", "csm_email", "customer_since",
            "renewal_on", "last_sales_activity_at", "parent",
        )  # fmt: skip


def page_by_serializer(limit: int) -> Any:
    rows = Account.objects.order_by("id")[: limit + 1]
    return JSONRenderer().render({"data": AccountSerializer(rows, many=True).data})
