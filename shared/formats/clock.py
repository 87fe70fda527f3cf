"""Times as people read them: hours, minutes and seconds."""


def clock_time(seconds: float) -> str:
    """Returns the time in whole seconds, such as 1:02:03."""
    whole_seconds = int(seconds)
    hours, minutes, rest = divide_seconds(whole_seconds)
    return f"{hours}:{minutes:02}:{rest:02}"


def divide_seconds(whole_seconds: int) -> tuple[int, int, int]:
    """Returns the hours, the minutes and the seconds of a time."""
    whole_minutes, seconds = divmod(whole_seconds, 60)
    hours, minutes = divmod(whole_minutes, 60)
    return hours, minutes, seconds


def milliseconds(seconds: float) -> int:
    return round(seconds * 1000)
