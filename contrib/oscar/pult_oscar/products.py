"""Products of Oscar with what of them can be bought, as Pult's contract has them."""

from django.apps import apps
from oscar.core.loading import get_class

from pult_oscar import conf
from pult_oscar.money import minor
from pult_oscar.orders import moments

Product = apps.get_model("catalogue", "Product")
PARTS = (
    "categories",
    "images",
    "attribute_values__attribute",
    "stockrecords__partner",
    "children__attribute_values__attribute",
    "children__stockrecords__partner",
)


def queryset():
    """Return products that stand by themselves, with their variants and what is told of both."""
    return Product.objects.filter(parent=None).select_related("product_class").prefetch_related(*PARTS)


def one(pk):
    """Return a product, None where there is none."""
    found = queryset().filter(pk=pk).first() if str(pk).isdigit() else None
    return found and told(found, moments("product", [found.pk]).get(str(found.pk)))


def told(product, changed_at=None):
    """Return a product as JSON."""
    children = list(product.children.all())
    base = conf.get("BASE_URL").rstrip("/")
    images = list(product.images.all())
    categories = list(product.categories.all())
    return {
        "id": str(product.pk),
        "title": product.get_title(),
        "changed_at": max(filter(None, [changed_at, product.date_updated])).isoformat(),
        "variants": [v for v in (_variant(child, product) for child in children or [product]) if v],
        "category": categories[0].name if categories else "",
        "url": f"{base}{product.get_absolute_url()}" if base else "",
        "picture": f"{base}{images[0].original.url}" if base and images else "",
        "attributes": _attributes(product),
        "active": product.is_public,
    }


def _variant(product, parent):
    """Return what can be bought, at the price for which the shop sells it to anybody."""
    info = get_class("partner.strategy", "Selector")().strategy().fetch_for_product(product)
    if not info.price.exists:
        return None
    price = info.price.incl_tax if info.price.is_tax_known else info.price.excl_tax
    return {
        "id": str(product.pk),
        "title": product.get_title(),
        "price": minor(price, info.price.currency),
        "currency": info.price.currency,
        "sku": info.stockrecord.partner_sku,
        "barcode": product.upc or "",
        "attributes": {} if product is parent else _attributes(product),
        "stock": [
            {"place": record.partner.name, "quantity": record.net_stock_level}
            for record in product.stockrecords.all()
            if record.num_in_stock is not None and parent.product_class.track_stock
        ],
    }


def _attributes(product):
    return {one.attribute.name: str(one.value_as_text) for one in product.attribute_values.all()}
