"""The ways a file is turned down."""

from foundation.errors import NotFound, Refused, Unavailable


class FileRefused(Refused):
    code = "file_refused"
    zh = "该文件不能接收。"
    en = "This file cannot be taken."


class FileNotFound(NotFound):
    code = "file_not_found"
    zh = "没有这个文件。"
    en = "There is no such file."


class ScannerAway(Unavailable):
    code = "scanner_away"
    zh = "病毒扫描服务暂时不可用，请稍后重试。"
    en = "Files cannot be scanned at the moment; please try again."


class StoreAway(Unavailable):
    code = "file_store_away"
    zh = "文件存储暂时不可用，本次没有保存或改动任何内容，请稍后重试。"
    en = "Where files are kept is away; nothing was kept or changed. Please try again."
