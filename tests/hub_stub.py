"""A Hugging Face Hub on loopback, in memory: enough to publish a repository and to load it by its id."""

import base64
import hashlib
import json
import re
import threading
import urllib.parse
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

LFS_SUFFIXES = (".safetensors", ".bin", ".onnx")
ROUTES = (
    ("POST", r"/api/repos/create", "create"),
    ("POST", r"/api/validate-yaml", "validate_yaml"),
    ("GET", r"/api/models/(?P<id>[^/]+/[^/]+)", "info"),
    ("GET", r"/api/models/(?P<id>[^/]+/[^/]+)/revision/(?P<revision>[^/]+)", "info"),
    ("GET", r"/api/models/(?P<id>[^/]+/[^/]+)/tree/(?P<revision>[^/]+)(?:/(?P<folder>.+))?", "tree"),
    ("POST", r"/api/models/(?P<id>[^/]+/[^/]+)/branch/(?P<revision>[^/]+)", "branch"),
    ("POST", r"/api/models/(?P<id>[^/]+/[^/]+)/preupload/(?P<revision>[^/]+)", "preupload"),
    ("POST", r"/api/models/(?P<id>[^/]+/[^/]+)/commit/(?P<revision>[^/]+)", "commit"),
    ("POST", r"/(?P<id>[^/]+/[^/]+)\.git/info/lfs/objects/batch", "lfs_batch"),
    ("PUT", r"/lfs/(?P<oid>[0-9a-f]{64})", "lfs_store"),
    ("POST", r"/lfs/(?P<oid>[0-9a-f]{64})/verify", "lfs_verify"),
    ("GET", r"/(?P<id>[^/]+/[^/]+)/resolve/(?P<revision>[^/]+)/(?P<path>.+)", "resolve"),
)


@dataclass
class Answer:
    """A response."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


class StubError(Exception):
    """A response that huggingface_hub turns into an exception, by the code in `X-Error-Code`."""

    def __init__(self, status: int, code: str, **headers: str) -> None:
        super().__init__(code)
        self.answer = as_json({"error": code}, status, **{"X-Error-Code": code}, **headers)


@dataclass
class Repository:
    """A model repository: its branches, and of each commit the files."""

    private: bool = False
    branches: dict[str, str] = field(default_factory=dict)
    commits: dict[str, dict[str, bytes]] = field(default_factory=dict)

    def commit_of(self, revision: str) -> str:
        commit = self.branches.get(revision, revision)
        if commit not in self.commits:
            raise StubError(404, "RevisionNotFound")
        return commit

    def add(self, branch: str, files: dict[str, bytes]) -> str:
        digest = hashlib.sha1(f"{len(self.commits)}".encode(), usedforsecurity=False)
        for path, content in sorted(files.items()):
            digest.update(path.encode() + b"\0" + content)
        commit = digest.hexdigest()
        self.commits[commit] = files
        self.branches[branch] = commit
        return commit


class HubStub:
    """The server; a context manager.

    Attributes:
        repositories: what was published, by id.
        calls: the endpoints that were called, such as "POST commit".
    """

    def __init__(self) -> None:
        self.repositories: dict[str, Repository] = {}
        self.calls: list[str] = []
        self.objects: dict[str, bytes] = {}
        self.lock = threading.Lock()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.endpoint = f"http://127.0.0.1:{self.server.server_address[1]}"

    def __enter__(self) -> "HubStub":
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()

    def environment(self, home: Path) -> dict[str, str]:
        """Name the variables that lead huggingface_hub here; they must be set before it is imported."""
        return {
            "HF_ENDPOINT": self.endpoint,
            "HF_HOME": str(home),
            "HF_TOKEN": "hf_stub",
            "HF_HUB_OFFLINE": "0",
            "HF_HUB_DISABLE_XET": "1",  # with it large files go to another service
            "HF_HUB_DISABLE_TELEMETRY": "1",
        }

    def files(self, repo_id: str, revision: str = "main") -> dict[str, bytes]:
        """Return the files of a revision."""
        repository = self.repositories[repo_id]
        return repository.commits[repository.commit_of(revision)]

    def answer(self, method: str, url: str, body: bytes) -> Answer:
        """Find what the address names, and let it answer."""
        path = urllib.parse.urlsplit(url).path
        for verb, pattern, name in ROUTES:
            match = re.fullmatch(pattern, path)
            if match and verb == method.replace("HEAD", "GET"):
                self.calls.append(f"{method} {name}")
                values = {key: urllib.parse.unquote(value) for key, value in match.groupdict().items() if value}
                respond: Callable[..., Answer] = getattr(self, f"on_{name}")
                try:
                    with self.lock:
                        return respond(body, **values)
                except StubError as error:
                    return error.answer
        self.calls.append(f"{method} {path}")
        return as_json({"error": "not found"}, 404)

    def repository(self, name: str) -> Repository:
        if name not in self.repositories:
            raise StubError(404, "RepoNotFound")
        return self.repositories[name]

    def on_create(self, body: bytes) -> Answer:
        wanted = json.loads(body)
        name = f"{wanted.get('organization') or 'user'}/{wanted['name']}"
        url = {"url": f"{self.endpoint}/{name}", "name": name}
        if name in self.repositories:
            return as_json(url | {"error": "You already created this model repo"}, 409)
        private = wanted.get("visibility") == "private" or bool(wanted.get("private"))  # old clients, too
        repository = self.repositories[name] = Repository(private)
        repository.add("main", {".gitattributes": b"*.safetensors filter=lfs diff=lfs merge=lfs -text\n"})
        return as_json(url)

    def on_validate_yaml(self, body: bytes) -> Answer:
        content = json.loads(body)["content"]
        return as_json({"errors": [] if content.startswith("---") else [{"message": "no metadata"}], "warnings": []})

    def on_info(self, body: bytes, id: str, revision: str = "main") -> Answer:
        repository = self.repository(id)
        commit = repository.commit_of(revision)
        siblings = [{"rfilename": path} for path in repository.commits[commit]]
        return as_json(
            {"id": id, "modelId": id, "sha": commit, "private": repository.private, "tags": [], "siblings": siblings}
        )

    def on_tree(self, body: bytes, id: str, revision: str, folder: str = "") -> Answer:
        repository = self.repository(id)
        files = repository.commits[repository.commit_of(revision)]
        inside = {path: content for path, content in files.items() if not folder or path.startswith(f"{folder}/")}
        if folder and not inside:
            raise StubError(404, "EntryNotFound")
        return as_json([tree_entry(path, content) for path, content in inside.items()])

    def on_branch(self, body: bytes, id: str, revision: str) -> Answer:
        repository = self.repository(id)
        if revision in repository.branches:
            return as_json({"error": "Reference already exists"}, 409)
        start = json.loads(body or b"{}").get("startingPoint", "main")
        repository.branches[revision] = repository.commit_of(start)
        return as_json({})

    def on_preupload(self, body: bytes, id: str, revision: str) -> Answer:
        repository = self.repository(id)
        files = repository.commits[repository.commit_of(revision)]
        answers = [
            {
                "path": path,
                "uploadMode": "lfs" if path.endswith(LFS_SUFFIXES) else "regular",
                "shouldIgnore": False,
                "oid": object_id(path, files[path]) if path in files else None,
            }
            for path in (file["path"] for file in json.loads(body)["files"])
        ]
        return as_json({"files": answers})

    def on_lfs_batch(self, body: bytes, id: str) -> Answer:
        self.repository(id)
        answers: list[dict[str, Any]] = []
        for wanted in json.loads(body)["objects"]:
            href = f"{self.endpoint}/lfs/{wanted['oid']}"
            actions = {"upload": {"href": href}, "verify": {"href": f"{href}/verify"}}
            answers.append(wanted | ({} if wanted["oid"] in self.objects else {"actions": actions}))
        return as_json({"transfer": "basic", "objects": answers})

    def on_lfs_store(self, body: bytes, oid: str) -> Answer:
        if hashlib.sha256(body).hexdigest() != oid:
            return as_json({"error": "the content has another hash"}, 400)
        self.objects[oid] = body
        return as_json({})

    def on_lfs_verify(self, body: bytes, oid: str) -> Answer:
        return as_json({}, 200 if len(self.objects.get(oid, b"")) == json.loads(body)["size"] else 404)

    def on_commit(self, body: bytes, id: str, revision: str) -> Answer:
        repository = self.repository(id)
        files = dict(repository.commits[repository.commit_of(revision)])
        for line in body.splitlines():
            entry = json.loads(line)
            value = entry["value"]
            if entry["key"] == "file":
                files[value["path"]] = base64.b64decode(value["content"])
            elif entry["key"] == "lfsFile":
                files[value["path"]] = self.objects[value["oid"]]
            elif entry["key"] == "deletedFile":
                files.pop(value["path"], None)
        commit = repository.add(revision, files)
        url = f"{self.endpoint}/{id}/commit/{commit}"
        return as_json({"success": True, "commitOid": commit, "commitUrl": url, "hookOutput": ""})

    def on_resolve(self, body: bytes, id: str, revision: str, path: str) -> Answer:
        repository = self.repository(id)
        commit = repository.commit_of(revision)
        files = repository.commits[commit]
        if path not in files:
            raise StubError(404, "EntryNotFound", **{"X-Repo-Commit": commit})
        etag = f'"{object_id(path, files[path])}"'
        headers = {"X-Repo-Commit": commit, "ETag": etag}
        if path.endswith(LFS_SUFFIXES):
            headers |= {"X-Linked-Etag": etag, "X-Linked-Size": str(len(files[path]))}
        return Answer(200, files[path], headers)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        stub = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def respond(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                answer = stub.answer(self.command, self.path, body)
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer.body)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(answer.body)

            do_GET = do_HEAD = do_POST = do_PUT = respond

            def log_message(self, *_: object) -> None:
                """Stay silent; `calls` is the log."""

        return Handler


def as_json(value: Any, status: int = 200, **headers: str) -> Answer:
    return Answer(status, json.dumps(value).encode(), {"Content-Type": "application/json", **headers})


def object_id(path: str, content: bytes) -> str:
    """Return what git calls the content: sha-256 of a large file, else the blob's sha-1."""
    if path.endswith(LFS_SUFFIXES):
        return hashlib.sha256(content).hexdigest()
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


def tree_entry(path: str, content: bytes) -> dict[str, Any]:
    entry = {"type": "file", "path": path, "size": len(content), "oid": object_id(path, content)}
    if path.endswith(LFS_SUFFIXES):
        entry["lfs"] = {"oid": entry["oid"], "size": len(content), "pointerSize": 134}
    return entry
