"""The ways feeds say no."""

from foundation.errors import Forbidden, NotFound, TooMany


class FeedNotFound(NotFound):
    code = "feed_not_found"
    zh = "没有这个日历订阅，或它已被撤销。"
    en = "There is no such calendar feed, or it was revoked."


class FeedNotYours(Forbidden):
    code = "feed_not_yours"
    zh = "只有该机构的人员可以订阅其仪器与机构的日历。"
    en = "Only an institution's own staff may follow its instruments' and its own calendar."


class TooManyFeeds(TooMany):
    code = "too_many_feeds"
    zh = "日历订阅过多，请先撤销不用的。"
    en = "There are too many feeds; revoke one that is not used."
