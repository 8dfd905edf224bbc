"""The product's addresses, then those of the naive references (last: they cost the product's own nothing)."""

from django.urls import path

from config import urls as product
from tests.bench import deliver
from tests.bench.naive.events import NaiveEvents
from tests.bench.naive.navigation import NaiveNavigation
from tests.bench.naive.spend_limits import NaiveCampaigns, NaiveSearch
from tests.bench.naive.sync_page import NaiveSyncPage

handler400 = product.handler400
handler403 = product.handler403
handler404 = product.handler404
handler500 = product.handler500

urlpatterns = [
    *product.urlpatterns,
    path("priv/v1/apps/<str:api_key>/management/naive/<id:campaign_id>/navigation", NaiveNavigation.as_view()),
    path("priv/v1/apps/<str:api_key>/events/naive", NaiveEvents.as_view()),
    path("marketing-solutions/naive", NaiveCampaigns.as_view()),
    path("marketing-solutions/naive/search", NaiveSearch.as_view()),
    path("api/campaigns/naive/sync-page", NaiveSyncPage.as_view()),
    path("bench/csv/<int:job_id>", deliver.csv),
    path("bench/bare-copy/<int:job_id>", deliver.bare_copy),
    path("bench/mail/<int:job_id>", deliver.mail),
    path("bench/bare-mail/<int:job_id>", deliver.bare_mail),
]
