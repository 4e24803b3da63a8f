"""Every mutant, and the checks that must fail it, reasoned from its bug before any run. By no other may it be failed.

``everything`` draws from what a client has passed alone, so it stands only where a bug takes two hazards to show.
``drop-silent`` stands nowhere: nothing on the wire tells such a cut from an end.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from tests.mutants import behaviour, failure, framing, http, reads, text
from tests.mutants.base import Delta, Retrying, Right, Typed


@dataclass(frozen=True, slots=True)
class Mutant:
    kind: type[Right]
    failed_by: frozenset[str]
    because: str

    @property
    def name(self) -> str:
        return name_of(self.kind)


def name_of(kind: type[Right]) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z0-9])|(?<=[A-Z])(?=[A-Z][a-z])", "-", kind.__name__).lower()


def mutant(kind: type[Right], failed_by: str, because: str) -> Mutant:
    return Mutant(kind, frozenset(failed_by.split()), because)


RIGHT: tuple[type[Right], ...] = (Right, Typed, Delta, Retrying)
"""What the mutants are made of: no check may fail these."""

TABLE: tuple[Mutant, ...] = (
    # Text and chunks
    mutant(
        text.StripsJoiners,
        "chunk-split",
        "A zero-width joiner stands at the edge of a chunk only where an emoji was cut in two; elsewhere it is inside.",
    ),
    mutant(
        text.Normalizes,
        "text-unicode",
        "Only decomposed characters change. The letter and accent that chunk-split parts are for who passes here.",
    ),
    mutant(
        text.StripsAllSpaces,
        "chunk-spaces",
        "Only chunk-spaces has chunks with spaces at their edges.",
    ),
    mutant(
        text.StripsLeadingSpaces,
        "chunk-spaces",
        "The same, on the left.",
    ),
    mutant(
        text.DecidesOnceOnTheSpace,
        "everything",
        "Where every line is written with the space, or none begins with one, the first line speaks for all; it takes "
        "chunk-spaces and no-space together for a line whose space belongs to the text.",
    ),
    mutant(
        text.StopsAtEmptyChunk,
        "chunk-empty no-colon",
        "Both rows have a chunk without text in the middle; a bare `data` is another way to write it.",
    ),
    mutant(
        text.StopsAtEmptyDelta,
        "chunk-empty json-records end-record",
        "The same in JSON, where no-colon cannot be written. A delta of null is empty to it."
        " The end record has no text either: it leaves that out, and waits for the end of the body.",
    ),
    mutant(
        text.StopsAtDone,
        "text-lookalikes",
        "Only there is [DONE] a chunk.",
    ),
    mutant(
        text.CutsAtEveryPrefix,
        "text-lookalikes",
        "Only there does a text hold `data:`; a comment that holds it has no field name, so it is not looked at.",
    ),
    mutant(
        text.DropsNewlines,
        "text-newlines",
        "Only there does an event have two data lines: the examples of other rows that have are for who passes here.",
    ),
    mutant(
        text.KeepsTheLastDataLine,
        "text-newlines",
        "The same.",
    ),
    mutant(
        text.SplitsLikePython,
        "text-separators",
        "Only there does a text hold what str.splitlines takes for a line end beside CR and LF.",
    ),
    mutant(
        text.StopsAtNul,
        "text-nul",
        "Only there does a text hold NUL.",
    ),
    # Reads
    mutant(
        reads.NoLineBuffer,
        "read-line read-utf8 read-bytes long-line many-chunks",
        "Whatever ends a read inside a line loses text: the three rows that cut lines, and the two whose size makes "
        "reads end anywhere. It remembers a CR, so read-crlf is no trouble.",
    ),
    mutant(
        reads.DecodesReadByRead,
        "read-utf8",
        "Only there does a read end inside a character; the large replies are ASCII.",
    ),
    mutant(
        reads.CrlfWithinReads,
        "read-crlf eol-cr eol-mixed",
        "A CRLF in two reads leaves its CR in the line, and a CR alone always stays there.",
    ),
    mutant(
        reads.CrlfCountsTwice,
        "read-crlf",
        "One blank line too many ends an event early, which only an event with two data lines shows.",
    ),
    mutant(
        reads.WaitsForLfInVain,
        "eol-cr eol-mixed read-crlf",
        "A read that ends in a CR of its own loses that line end; where LF follows, nothing is lost."
        " There are mixed line ends in single bytes.",
    ),
    mutant(
        reads.OneEventPerRead,
        "read-whole read-line read-utf8 read-crlf",
        "Reads hold one event elsewhere. Those that are cut at one place only hold several (read-line, read-utf8, "
        "read-crlf). In read-bytes none holds two.",
    ),
    # Framing
    mutant(
        framing.KnowsNoCr,
        "eol-cr eol-mixed read-crlf",
        "Only there does a line end in CR alone. There are mixed line ends in read-crlf as well.",
    ),
    mutant(
        framing.KnowsOnlyLf,
        "eol-crlf eol-cr eol-mixed read-crlf",
        "In all rows with another line end than LF no line is ever blank.",
    ),
    mutant(
        framing.KeepsTheBom,
        "bom",
        "Only there is a byte order mark.",
    ),
    mutant(
        framing.StripsEveryBom,
        "bom",
        "Only there is U+FEFF a part of the text, behind a byte order mark: exactly one is to be stripped.",
    ),
    mutant(
        framing.DiesOnComments,
        "comments heartbeats",
        "Only there are comments. So does a silence with comments in it.",
    ),
    mutant(
        framing.StopsAtEmptyEvent,
        "comments fields blank-lines heartbeats",
        "Both rows have blocks without data between the events, each with a blank line of its own."
        " Empty lines are such blocks."
        " A comment in a silence is such a block.",
    ),
    mutant(
        framing.NeedsTheSpace,
        "no-space",
        "Only there is a value written without the space; a bare `data:` or `data` is empty either way.",
    ),
    mutant(
        framing.NeedsAColonForData,
        "no-colon",
        "Only there is `data` alone.",
    ),
    mutant(
        framing.NeedsAColon,
        "no-colon fields",
        "`data` alone, and among the fields `id` and `unknown` alone.",
    ),
    mutant(
        framing.DiesOnUnknownFields,
        "fields",
        "Only there are fields that the standard does not know.",
    ),
    mutant(
        framing.ParsesRetry,
        "fields",
        "Only there is a `retry` that is no number.",
    ),
    mutant(
        framing.TrimsNames,
        "fields",
        "Only there is `data : x`, which is another field than data.",
    ),
    mutant(
        framing.EmptyTypeIsAType,
        "fields",
        "Only there is an empty `event:`, and the events that have one disappear.",
    ),
    mutant(
        framing.DiesOnOtherTypes,
        "event-type",
        "Only there is an event of another type than message.",
    ),
    mutant(
        framing.EndsTheRestWithNewline,
        "unterminated short-length",
        "Both can end behind a data line and before its blank line; the newline was never sent. Other cuts are "
        "errors before that, or lie between events.",
    ),
    mutant(
        framing.ObeysCharset,
        "charset",
        "Only there does a charset say something wrong.",
    ),
    mutant(
        framing.AssumesLatin1,
        "charset text-unicode read-utf8 bom bad-utf8",
        "All rows with anything but ASCII on the wire, since the fake names no charset unless charset is the hazard.",
    ),
    mutant(
        framing.ComparesTypeExactly,
        "charset",
        "Only there is the content type written in capitals.",
    ),
    mutant(
        framing.DecodesStrictly,
        "bad-utf8",
        "Only there is a byte that is no UTF-8.",
    ),
    mutant(
        framing.DropsWhatIsNoUtf8,
        "bad-utf8",
        "The same; U+FFFD is missing.",
    ),
    mutant(
        framing.StopsAt64K,
        "long-line",
        "Only there is a line that long.",
    ),
    mutant(
        framing.KeepsTheBeginning,
        "long-line many-chunks",
        "Only there are replies of more than that.",
    ),
    mutant(
        framing.ItsQueueIsBounded,
        "many-chunks",
        "Only there do so many chunks come faster than they are shown.",
    ),
    mutant(
        framing.ScansItsLineAnew,
        "long-line",
        "Only there is a line so long that the square of its kilobytes takes seconds.",
    ),
    mutant(
        framing.DrawsAllAnew,
        "many-chunks",
        "Only there are so many chunks that the square of their number takes seconds.",
    ),
    # HTTP
    mutant(
        http.NeedsALength,
        "close-delimited",
        "Only there is a body without chunks and without a length, where it matters what was said (once asks how "
        "often was asked, and in drop-silent any outcome passes).",
    ),
    mutant(
        http.ReadsTheHeadOnce,
        "http-reads",
        "Only there does a read end inside the head.",
    ),
    mutant(
        http.ComparesNamesExactly,
        "field-case",
        "Only there are names of the fake's own fields in another case.",
    ),
    mutant(
        http.FieldsAreUtf8,
        "head-fields",
        "Only there has a field a byte beyond ASCII.",
    ),
    mutant(
        http.KnowsNoExtensions,
        "chunk-ext chunk-ext-quoted",
        "Both have extensions.",
    ),
    mutant(
        http.NoSpaceInExtensions,
        "chunk-ext-quoted",
        "Only there is white space in an extension.",
    ),
    mutant(
        http.KnowsNoTrailers,
        "trailers",
        "Only there are trailer fields.",
    ),
    mutant(
        http.TrailersAreText,
        "trailers",
        "The same.",
    ),
    mutant(
        http.DiesOnContinue,
        "early-100",
        "Only there does a 100 come.",
    ),
    mutant(
        http.EarlyHintsAreFinal,
        "early-103",
        "Only there does a 103 come.",
    ),
    mutant(
        http.NeverUnzips,
        "gzip drop-gzip",
        "Both are compressed: nothing is found in the body, and nothing is missed at its end.",
    ),
    mutant(
        http.UnzipsReadByRead,
        "gzip",
        "The first read of several is no whole gzip file; in drop-gzip that error is what is asked for.",
    ),
    mutant(
        http.RedirectsAreEmpty,
        "redirect",
        "An empty answer is neither the answer nor a report; to another host it sends nothing.",
    ),
    mutant(
        http.TakesTheTokenAlong,
        "redirect-away",
        "To follow is right in redirect, with the token; only in redirect-away does it go to another host.",
    ),
    # Failure
    mutant(
        failure.IgnoresStatus,
        "status other-2xx error-detail",
        "Errors have other content types and are refused for them, but one of the examples calls itself an event "
        "stream. Redirects have no such type."
        " So do the other successes."
        " An error that it takes for a stream is reported without its status.",
    ),
    mutant(
        failure.LooksAtNothing,
        "status not-sse redirect other-2xx",
        "Whatever is no event stream has no events, and an empty answer is made of it.",
    ),
    mutant(
        failure.ShowsTheError,
        "status",
        "What it shows is no part of any answer, though it fails in the end. No other row is judged by a 400 or more.",
    ),
    mutant(
        failure.TakesAnyType,
        "not-sse",
        "Only there does a 200 have another type.",
    ),
    mutant(
        failure.EofIsSuccess,
        "drop-fin drop-fin-close",
        "Both end a chunked body with FIN. A length is counted elsewhere, and a broken size is no end.",
    ),
    mutant(
        failure.ResetIsSuccess,
        "drop-rst drop-rst-close",
        "Both reset the connection inside the body; in empty-reply the reset comes before the response, where it is "
        "not caught.",
    ),
    mutant(
        failure.CloseIsSuccess,
        "drop-fin-close drop-rst-close",
        "Both are what Connection: close hides from it.",
    ),
    mutant(
        failure.IgnoresLength,
        "drop-length",
        "Only there does a body end before its length.",
    ),
    mutant(
        failure.GzipNeedsNoEnd,
        "drop-gzip",
        "Only there does a gzip stream lack its end in a body that HTTP ends well.",
    ),
    mutant(
        failure.BrokenSizeIsTheEnd,
        "malformed-chunk",
        "Only there is a size that is no number.",
    ),
    mutant(
        failure.NoReplyIsEmpty,
        "empty-reply",
        "Only there does the connection end before a byte.",
    ),
    mutant(
        failure.GarbageIsEmpty,
        "garbage",
        "Only there is the answer no HTTP; no answer at all is still an error to it.",
    ),
    mutant(
        failure.NeedsNoEndTyped,
        "missing-end",
        "Only there does HTTP end well without the end record; after an error event it fails by the event.",
    ),
    mutant(
        failure.NeedsNoEndDelta,
        "missing-end",
        "The same in the other dialect.",
    ),
    mutant(
        failure.ErrorEventEnds,
        "error-event",
        "Only there are error events; without any end record it still fails.",
    ),
    mutant(
        failure.IgnoresErrorEvents,
        "error-event missing-end",
        "To pass over an error event and return, it must do without an end record.",
    ),
    mutant(
        failure.WaitsForEver,
        "stall",
        "Only there does a stream fall silent for good.",
    ),
    mutant(
        failure.SilenceIsTheEnd,
        "stall",
        "The same; no other silence is longer than the time-out.",
    ),
    mutant(
        failure.WaitsShortlyForTheHead,
        "slow-head",
        "Only there does the head come late.",
    ),
    mutant(
        failure.WaitsForTheHeadForEver,
        "stall",
        "One of its silences comes before the head.",
    ),
    mutant(
        failure.CountsEventsOnly,
        "heartbeats",
        "Only there are comments in a silence; without any, no line comes that it could judge by.",
    ),
    mutant(
        failure.LosesPatience,
        "patience",
        "Only that reply takes longer than 20 seconds (in cancel the caller stops before that).",
    ),
    mutant(
        failure.BearsNoSilence,
        "silence slow-head",
        "Only there is a silence between five seconds and the time-out that is declared; to fail sooner than declared "
        "in stall is no fault."
        " So is one before the head.",
    ),
    # Behaviour
    mutant(
        behaviour.SendsNoAccept,
        "request",
        "The fake answers all the same, so only the request itself shows it.",
    ),
    mutant(
        behaviour.WritesJsonByHand,
        "request",
        "Only there does a message hold a quote, a backslash or a newline.",
    ),
    mutant(
        behaviour.SendsAscii,
        "request",
        "Only there is a message not ASCII.",
    ),
    mutant(
        behaviour.SendsTheFirstLine,
        "request",
        "Only there does a message have two lines.",
    ),
    mutant(
        behaviour.BuffersEverything,
        "incremental",
        "The text is right, and late.",
    ),
    mutant(
        behaviour.ShowsOneLate,
        "incremental",
        "A chunk is withheld until the one before has been shown, which is shown only then.",
    ),
    mutant(
        behaviour.AsksAgainAtTheEnd,
        "once slow-head",
        "The text is right, and asked for twice."
        " It waits for the head of the second answer, too, which no longer fits into the time.",
    ),
    mutant(
        behaviour.KeepsTheConnection,
        "cancel",
        "Only there does the caller stop before the reply has ended and everything is closed by that.",
    ),
    mutant(
        behaviour.AsksInAThread,
        "abort",
        "Only there is it stopped before it has returned.",
    ),
    mutant(
        behaviour.AnswersFromACache,
        "again idle-close",
        "Only there is it asked again what it has answered, by the same user.",
    ),
    mutant(
        behaviour.KeepsTheLastAnswer,
        "again",
        "Only there does an error come behind a good answer to the same user.",
    ),
    mutant(
        behaviour.KeepsUnfinishedData,
        "after-failure",
        "Only there does the same user ask again after an answer that broke off inside an event.",
    ),
    mutant(
        behaviour.KeepsTheDecoder,
        "after-failure",
        "The same inside a character.",
    ),
    mutant(
        behaviour.KeepsTheConnectionBlindly,
        "idle-close",
        "Only there does a connection end that was promised to stay.",
    ),
    mutant(
        behaviour.SharesTheTextSoFar,
        "at-once",
        "Only there are two questions under way.",
    ),
    mutant(
        behaviour.SkipsWhatWasShown,
        "retry",
        "Only there is the second attempt worded otherwise.",
    ),
    mutant(
        behaviour.AddsTheAttempts,
        "retry",
        "What a dropped attempt has shown stays before the whole reply. Where every attempt fails, each may show its "
        "part; where the first shows nothing, nothing is added.",
    ),
    mutant(
        behaviour.IgnoresRetryAfter,
        "retry-after",
        "The text is right, and asked for too soon.",
    ),
)
