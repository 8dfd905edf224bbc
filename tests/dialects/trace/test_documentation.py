"""`/schema/` describes every address of this dialect once, as clients call it, in both formats."""

from typing import Any

from django.test import Client


def test_the_schema() -> None:
    schema: dict[str, Any] = Client().get("/schema/", {"format": "json"}).json()
    paths = {
        path: methods for path, methods in schema["paths"].items() if "/priv/" not in path and "api" in path.lower()
    }
    assert {path.removesuffix("/") for path in paths} == {
        "/api/traces/trace",
        "/api/traces/{trace_id}/trail",
        "/api/traces/trail/{trail_id}/action",
        "/api/customers",
        "/api/customers/subscribe",
        "/api/campaigns/active",
        "/api/campaigns/sync-page",
        "/api/campaigns/advance-funnel",
        "/api/campaigns/business-event",
    }
    for methods in paths.values():
        assert methods.keys() == {"post"}
        assert methods["post"]["requestBody"]["content"].keys() == {"application/json", "application/edn"}
        responses = methods["post"]["responses"]
        answer = responses.get("200", responses.get("202"))["content"]
        assert answer.keys() == {"application/json", "application/edn"}
    components = schema["components"]["schemas"]
    assert components["TraceInRequest"]["properties"].keys() == {"app-token", "customer-id", "customer-token"}
    assert components["ActionInRequest"]["properties"]["data"]["type"] == "array"
    assert components["CustomerInRequest"]["properties"]["customer"]["required"] == ["id"]
