"""A plain client of Open311 GeoReport v2: the standard library and nothing else.

Walks an endpoint as the standard describes it: discovery, services, a definition, a request, its
status, updates, and the errors. Usage: client.py DISCOVERY_URL API_KEY
"""

import json
import sys
import urllib.error
import urllib.parse
import urllib.request
import xml.etree.ElementTree as ET


def ask(url, form=None):
    """Returns status, content type and body."""
    data = urllib.parse.urlencode(form).encode() if form is not None else None
    try:
        with urllib.request.urlopen(urllib.request.Request(url, data=data), timeout=30) as answer:
            return answer.status, answer.headers["Content-Type"], answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers["Content-Type"], error.read()


def xml(url, form=None, status=200):
    got, kind, body = ask(url, form)
    assert got == status, (url, got, body)
    assert kind == "text/xml; charset=utf-8", kind
    assert body.startswith(b'<?xml version="1.0" encoding="utf-8"?>'), body[:60]
    return ET.fromstring(body)


def plain(url, form=None, status=200):
    got, kind, body = ask(url, form)
    assert got == status, (url, got, body)
    assert kind == "application/json; charset=utf-8", kind
    return json.loads(body)


def main(discovery, key):
    found = xml(discovery)
    endpoint = found.find("endpoints/endpoint")
    assert endpoint.findtext("specification") == "http://wiki.open311.org/GeoReport_v2"
    root = endpoint.findtext("url")
    formats = [one.text for one in endpoint.findall("formats/format")]
    assert formats == ["text/xml", "application/json"], formats

    services = xml(root + "/services.xml")
    codes = [one.findtext("service_code") for one in services.findall("service")]
    assert codes == [one["service_code"] for one in plain(root + "/services.json")]
    with_questions = [one for one in services.findall("service") if one.findtext("metadata") == "true"]
    code = with_questions[0].findtext("service_code")
    definition = xml(f"{root}/services/{code}.xml")
    assert definition.findtext("service_code") == code
    question = definition.find("attributes/attribute")
    values = [one.findtext("key") for one in question.findall("values/value")]

    form = [
        ("api_key", key),
        ("service_code", code),
        ("lat", "16.463"),
        ("long", "107.59"),
        ("address_string", "12 Lê Lợi, Huế"),
        ("email", "lan@example.vn"),
        ("first_name", "Lan"),
        ("last_name", "Nguyễn"),
        ("phone", "0905123456"),
        ("description", "Hàng quán <b>chiếm</b> vỉa hè & lòng đường"),
        ("account_id", "u-1"),
    ]
    form += [(f"attribute[{question.findtext('code')}][]", value) for value in values[:2]]
    made = xml(root + "/requests.xml", form)
    number = made.findtext("request/service_request_id")
    assert number and made.find("request/token") is None
    assert made.findtext("request/account_id") == "u-1"

    mine = urllib.parse.urlencode({"api_key": key, "extensions": "true"})
    own = plain(f"{root}/requests/{number}.json?{mine}")
    assert isinstance(own, list) and own[0]["service_request_id"] == number
    assert own[0]["description"] == "Hàng quán <b>chiếm</b> vỉa hè & lòng đường", own
    assert {one["value"] for one in own[0]["attributes"]} == set(values[:2]), own
    stranger = xml(f"{root}/requests/{number}.xml")
    assert stranger.findtext("request/status") == "open"
    assert not stranger.findtext("request/description"), "nobody has looked at it yet"
    whole = ET.tostring(stranger, encoding="unicode")
    assert "lan@example.vn" not in whole and "905123456" not in whole

    assert number in [one["service_request_id"] for one in plain(root + "/requests.json")]
    assert plain(root + "/requests.json?status=closed") == []
    assert plain(f"{root}/tokens/{number}.json") == [{"service_request_id": number, "token": number}]

    update = {
        "api_key": key,
        "service_request_id": number,
        "update_id": "7",
        "updated_datetime": "2026-11-22T10:00:00+07:00",
        "status": "INVESTIGATING",
        "description": "Đã chuyển cho phường",
    }
    assert xml(root + "/servicerequestupdates.xml", update).findtext("request_update/update_id") == "7"
    again = plain(root + "/servicerequestupdates.json", update, status=400)
    assert again[0]["code"] == 400, again
    told = plain(root + "/servicerequestupdates.json")
    assert any(one["service_request_id"] == number and one["status"] == "OPEN" for one in told), told

    wrong = plain(root + "/requests.json", {"api_key": key, "service_code": "none", "lat": "x", "long": "1"}, status=400)
    assert wrong[0]["code"] == 400 and "lat" in wrong[0]["description"], wrong
    missing = plain(root + "/requests.json", {"api_key": key, "service_code": "none", "lat": "1", "long": "1"}, status=404)
    assert "service_code" in missing[0]["description"], missing
    refused = xml(root + "/requests.xml", {"api_key": "guess", "service_code": code}, status=403)
    assert refused.tag == "errors" and refused.findtext("error/code") == "403"
    assert xml(root + "/services/none.xml", status=404).findtext("error/code") == "404"
    print(number)


if __name__ == "__main__":
    main(*sys.argv[1:])
