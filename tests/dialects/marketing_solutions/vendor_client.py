"""What a media buyer's script does with the vendor's own generated client; run as a program of its own.

Arguments: the base URL, the client's id and secret, and the advertiser's id. Prints what it got as one JSON object.
"""

import json
import sys

from criteo_api_marketingsolutions_v2023_07.api.campaign_api import CampaignApi
from criteo_api_marketingsolutions_v2023_07.api_client_builder import ApiClientBuilder
from criteo_api_marketingsolutions_v2023_07.exceptions import ApiException
from criteo_api_marketingsolutions_v2023_07.model.campaign_search_filters import CampaignSearchFilters
from criteo_api_marketingsolutions_v2023_07.model.campaign_search_request import CampaignSearchRequest
from criteo_api_marketingsolutions_v2023_07.model.create_campaign import CreateCampaign
from criteo_api_marketingsolutions_v2023_07.model.create_campaign_request import CreateCampaignRequest
from criteo_api_marketingsolutions_v2023_07.model.create_campaign_resource import CreateCampaignResource
from criteo_api_marketingsolutions_v2023_07.model.create_campaign_spend_limit import CreateCampaignSpendLimit
from criteo_api_marketingsolutions_v2023_07.model.nillable_decimal import NillableDecimal
from criteo_api_marketingsolutions_v2023_07.model.patch_campaign import PatchCampaign
from criteo_api_marketingsolutions_v2023_07.model.patch_campaign_list_request import PatchCampaignListRequest
from criteo_api_marketingsolutions_v2023_07.model.patch_campaign_spend_limit import PatchCampaignSpendLimit
from criteo_api_marketingsolutions_v2023_07.model.patch_campaign_write_resource import PatchCampaignWriteResource

NOBODYS = "999999999999"


def patch_of(campaign_id: str, amount: float) -> PatchCampaignWriteResource:
    """An update of one amount."""
    limit = PatchCampaignSpendLimit(spend_limit_amount=NillableDecimal(value=amount))
    return PatchCampaignWriteResource(id=campaign_id, type="Campaign", attributes=PatchCampaign(spend_limit=limit))


def main(base_url: str, client_id: str, client_secret: str, advertiser_id: str) -> None:
    """Token, create, get, search, patch, and a campaign that there isn't; the client checks every answer by type."""
    api = CampaignApi(ApiClientBuilder.WithClientCredentials(client_id, client_secret, host=base_url))
    limit = CreateCampaignSpendLimit(spend_limit_type="capped", spend_limit_renewal="daily", spend_limit_amount=123.45)
    wanted = CreateCampaign(name="Vendor's", advertiser_id=advertiser_id, goal="Retention", spend_limit=limit)
    request = CreateCampaignRequest(data=CreateCampaignResource(type="Campaign", attributes=wanted))
    created = api.create_campaign(create_campaign_request=request).to_dict()
    campaign_id = created["data"]["id"]
    patched = api.patch_campaigns(
        patch_campaign_list_request=PatchCampaignListRequest(
            data=[patch_of(campaign_id, 50.25), patch_of(NOBODYS, -9000.0)]
        )
    ).to_dict()
    got = api.get_campaign(campaign_id).to_dict()
    filters = CampaignSearchRequest(filters=CampaignSearchFilters(advertiser_ids=[advertiser_id]))
    found = api.search_campaigns(campaign_search_request=filters).to_dict()
    everything = api.search_campaigns().to_dict()
    try:
        api.get_campaign(NOBODYS)
    except ApiException as error:
        missing = {"status": error.status, **json.loads(error.body)}
    sys.stdout.write(
        json.dumps(
            {
                "created": created,
                "patched": patched,
                "got": got,
                "found": found,
                "everything": everything,
                "missing": missing,
            }
        )
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
