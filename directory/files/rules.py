"""Which files are taken, by size, first bytes and extension. Pure."""

import re
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePosixPath

from foundation.errors import Problem

SIZE_MAX = 10 * 1024 * 1024
NAME_MAX = 120
TAIL_BYTES = 1024


class Media(StrEnum):
    PDF = "application/pdf"
    PNG = "image/png"
    JPEG = "image/jpeg"


EXTENSIONS = {".pdf": Media.PDF, ".png": Media.PNG, ".jpg": Media.JPEG, ".jpeg": Media.JPEG}
MAGIC = {
    Media.PDF: b"%PDF-1.",
    Media.PNG: b"\x89PNG\r\n\x1a\n",
    Media.JPEG: b"\xff\xd8\xff",
}
# What runs when a reader opens the document, or is carried inside it.
ACTIVE_PDF = re.compile(
    rb"/(JavaScript|JS|Launch|EmbeddedFiles?|RichMedia|XFA|AA|SubmitForm|ImportData|GoToE)\b"
)


@dataclass(frozen=True, slots=True)
class Judged:
    """A file that may be taken: what it is, and a name that is safe to give back."""

    media: Media
    name: str


def judge(name: str, content: bytes) -> tuple[Judged | None, list[Problem]]:
    """Say what a file is, or everything that speaks against taking it."""
    safe = safe_name(name)
    claimed = EXTENSIONS.get(PurePosixPath(safe).suffix.lower())
    found = next((media for media, magic in MAGIC.items() if content.startswith(magic)), None)
    problems = []
    if not content:
        problems.append(Problem("empty", "文件是空的", "the file is empty", "file"))
    if len(content) > SIZE_MAX:
        problems.append(
            Problem("too_large", "文件超过 10 MB", "the file is larger than 10 MB", "file")
        )
    if claimed is None:
        problems.append(
            Problem(
                "extension", "只接收 PDF、PNG、JPEG", "only PDF, PNG and JPEG are taken", "file"
            )
        )
    if content and (found is None or (claimed is not None and claimed != found)):
        problems.append(
            Problem(
                "not_what_it_says",
                "文件内容与扩展名不符",
                "the content is not what the extension says",
                "file",
            )
        )
    if found is Media.PDF:
        problems += _judge_pdf(content)
    if problems or found is None:
        return None, problems
    return Judged(found, safe), []


def _judge_pdf(content: bytes) -> list[Problem]:
    problems = []
    end = content.rfind(b"%%EOF")
    if end < 0 or len(content) - end > TAIL_BYTES:
        problems.append(
            Problem("malformed", "PDF 不完整或附有其他内容", "the PDF is cut or trailed", "file")
        )
    # Names may be written with #xx escapes, so that a plain search would miss them.
    plain = re.sub(rb"#([0-9A-Fa-f]{2})", lambda m: bytes((int(m[1], 16),)), content)
    if ACTIVE_PDF.search(plain):
        problems.append(
            Problem(
                "active_content", "PDF 含脚本或附件", "the PDF carries scripts or files", "file"
            )
        )
    return problems


def safe_name(name: str) -> str:
    """Return a name without folders, control characters or tricks of direction."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    kept = "".join(character for character in last if character.isprintable() and character != '"')
    stem, dot, suffix = kept.strip(" .").rpartition(".")
    if not dot:
        return (suffix or "file")[:NAME_MAX]
    return f"{(stem.strip(' .') or 'file')[: NAME_MAX - len(suffix) - 1]}.{suffix}"
