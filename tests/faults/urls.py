"""The product's addresses and the demo's, as `serve --demo` has them."""

from config import urls
from config.demo.shop import demo_pages

handler400, handler403 = urls.handler400, urls.handler403
handler404, handler500 = urls.handler404, urls.handler500
urlpatterns = [*demo_pages, *urls.urlpatterns]
