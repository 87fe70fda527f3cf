"""The options of captions. The defaults are those of Netflix's timed text style guides."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, ConfigDict, Field, model_validator

from shared.model.contracts import WireModel
from shared.model.option_names import hyphenated
from shared.model.option_values import Expects, as_count, as_lower_case

LabelRule = Literal["change", "always", "never"]


class CaptionOptions(WireModel):
    """How captions are divided, timed and labelled. Lengths of text are in columns: a character of
    Chinese, Japanese or Korean takes two, every other character one."""

    model_config = ConfigDict(alias_generator=hyphenated, populate_by_name=True)

    caption_line_length: Annotated[
        int | None,
        BeforeValidator(as_count),
        Expects("auto, or a whole number of columns from 10 to 200"),
    ] = Field(default=None, ge=10, le=200)
    """Columns of a line. None: the language's, 42 for most."""
    caption_lines: Annotated[
        int, BeforeValidator(as_count), Expects("a whole number of lines from 1 to 4")
    ] = Field(default=2, ge=1, le=4)
    """Lines of a caption."""
    caption_min_seconds: Annotated[
        float, BeforeValidator(as_count), Expects("a number of seconds from 0 to 10")
    ] = Field(default=1.0, ge=0, le=10, allow_inf_nan=False)
    """How long a caption stays on the screen at least, if there is time before the next."""
    caption_max_seconds: Annotated[
        float, BeforeValidator(as_count), Expects("a number of seconds from 1 to 60")
    ] = Field(default=7.0, ge=1, le=60, allow_inf_nan=False)
    """How long a caption stays on the screen at most."""
    caption_characters_per_second: Annotated[
        float, BeforeValidator(as_count), Expects("a number of characters from 5 to 100")
    ] = Field(default=20.0, ge=5, le=100, allow_inf_nan=False)
    """Columns that a viewer reads in a second. Captions are divided and timed for it where the
    speech leaves time for that."""
    caption_gap: Annotated[
        float, BeforeValidator(as_count), Expects("a number of seconds from 0 to 1")
    ] = Field(default=0.08, ge=0, le=1, allow_inf_nan=False)
    """Seconds without a caption between two captions. 0.08 are 2 frames of 25 a second."""
    caption_speakers: Annotated[
        LabelRule, BeforeValidator(as_lower_case), Expects("change, always or never")
    ] = "change"
    """When a caption begins with its speaker's label: where the speaker changes, in each caption,
    or in none."""
    caption_words: Annotated[bool, BeforeValidator(as_lower_case), Expects("true or false")] = False
    """Write the time of each word into WebVTT, so that players can highlight it."""

    @model_validator(mode="after")
    def seconds_agree(self) -> "CaptionOptions":
        """Returns the options. Raises ValueError if no duration is long and short enough."""
        shortest, longest = self.caption_min_seconds, self.caption_max_seconds
        if shortest > longest:
            raise ValueError(
                f"caption-min-seconds is {shortest:g} and caption-max-seconds is {longest:g}; "
                "expected no smaller maximum"
            )
        return self
