"""What may stand between the characters of one number: spaces, hyphens, tags, entities, a mail's soft line breaks."""

from __future__ import annotations

import re

SPACE = r"[ \t\xa0\u2007\u2009\u202f.\u2010-\u2015-]|&nbsp;|&#160;|%20|\+"
TIGHT = r"<[^<>]{1,120}>|=\r?\n|&shy;|&#173;|[\xad\u200b-\u200d\u2060]"
GAP = rf"(?:{SPACE}|{TIGHT}){{0,3}}"
TAG = re.compile(r"<[^<>]{0,400}>")
