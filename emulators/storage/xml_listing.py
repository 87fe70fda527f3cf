"""Lists objects in the XML API, which obstore uses
(cloud.google.com/storage/docs/xml-api/get-bucket-list)."""

from collections.abc import Mapping
from xml.etree import ElementTree

from starlette.requests import Request
from starlette.responses import Response

from emulators.storage.errors import Invalid
from emulators.storage.listing import Listing, Page, encoded, read_page
from emulators.storage.names import bucket_name
from emulators.storage.preconditions import number
from emulators.storage.store import store_of

NAMESPACE = "http://doc.s3.amazonaws.com/2006-03-01"


async def objects(request: Request) -> Response:
    """Lists a bucket. Only version 2 of the listing is served, and nothing else of a bucket."""
    query = request.query_params
    if query.get("list-type") != "2":
        raise Invalid("Of a bucket's XML requests only ?list-type=2 is understood.")
    bucket = bucket_name(request)
    listing = Listing.from_query(json_parameters(query))
    page = await store_of(request).index.run(lambda tx: read_page(tx, bucket, listing))
    body = ElementTree.tostring(document(bucket, page), encoding="UTF-8", xml_declaration=True)
    return Response(body, media_type="application/xml")


def json_parameters(query: Mapping[str, str]) -> dict[str, str]:
    """Returns the JSON API's parameters that mean the same."""
    after = query.get("start-after")
    parameters = {
        "prefix": query.get("prefix", ""),
        "delimiter": query.get("delimiter", ""),
        "startOffset": f"{after}\0" if after else "",
        "pageToken": query.get("continuation-token", ""),
    }
    size = number(query, "max-keys")
    return parameters if size is None else {**parameters, "maxResults": str(size)}


def document(bucket: str, page: Page) -> ElementTree.Element:
    root = ElementTree.Element("ListBucketResult", xmlns=NAMESPACE)
    add(root, "Name", bucket)
    add(root, "Prefix", page.listing.prefix)
    add(root, "KeyCount", str(len(page.items) + len(page.prefixes)))
    add(root, "IsTruncated", "true" if page.next else "false")
    if page.next:
        add(root, "NextContinuationToken", encoded(page.next))
    for item in page.items:
        contents = ElementTree.SubElement(root, "Contents")
        add(contents, "Key", item["name"])
        add(contents, "Generation", item["generation"])
        add(contents, "MetaGeneration", item["metageneration"])
        add(contents, "LastModified", item["updated"])
        add(contents, "ETag", item["etag"])
        add(contents, "Size", item["size"])
    for prefix in page.prefixes:
        add(ElementTree.SubElement(root, "CommonPrefixes"), "Prefix", prefix)
    return root


def add(parent: ElementTree.Element, tag: str, text: str) -> None:
    ElementTree.SubElement(parent, tag).text = text
