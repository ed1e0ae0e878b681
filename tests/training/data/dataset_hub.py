"""The Hub on loopback, for data sets: what `tests.hub_stub` says of models, under the addresses of data sets."""

import json
import urllib.parse

from tests.hub_stub import Answer, HubStub, Repository, as_json, tree_entry


class DatasetHubStub(HubStub):
    """A Hub whose repositories are data sets."""

    def answer(self, method: str, url: str, body: bytes) -> Answer:
        """Answer as for a model of the same name; only data sets are asked for the entries of given paths."""
        path = urllib.parse.unquote(urllib.parse.urlsplit(url).path).replace("/datasets/", "/models/", 1)
        if method == "POST" and "/paths-info/" in path:
            name, revision = path.removeprefix("/api/models/").split("/paths-info/")
            files = self.files(name, revision)
            wanted = [paths for paths in _paths(body) if paths in files]
            return as_json([tree_entry(file, files[file]) for file in wanted])
        return super().answer(method, path.removeprefix("/models") if "/resolve/" in path else path, body)

    def publish(self, name: str, files: dict[str, bytes]) -> str:
        """Publish a data set; return its commit."""
        return self.repositories.setdefault(name, Repository()).add("main", files)


def _paths(body: bytes) -> list[str]:
    try:
        return list(json.loads(body)["paths"])
    except ValueError:
        return urllib.parse.parse_qs(body.decode()).get("paths", [])
