"""What a file's own header declares, where libav relies on the file's size or on a bit rate."""

from dataclasses import dataclass
from typing import BinaryIO

from functions.prepare.matroska_header import MatroskaHeader, read_matroska_header
from functions.prepare.mp3_header import MAX_FRAME, Mp3Header, end_of_tags, read_mp3_header
from functions.prepare.mp4_boxes import Mp4Structure, read_mp4_structure
from functions.prepare.rare_headers import rare_sound_bytes
from functions.prepare.sound_bytes import (
    SoundBytes,
    asf_is_encrypted,
    declared_sound_bytes,
)
from shared.model.errors import NotAudio, TruncatedRecording

RIFX = "it is a WAV file with big-endian numbers (RIFX); convert it to an ordinary WAV file"
ENCRYPTED = "it is encrypted; remove the copy protection before the upload"


@dataclass(frozen=True)
class FileHeader:
    """What the header of a file of `size` bytes declares."""

    size: int
    sound: SoundBytes | None
    """The bytes of the sound, or of the whole file."""
    mp3: Mp3Header | None
    mp4: Mp4Structure | None
    is_encrypted: bool
    """Every track of sound needs a key."""
    lacks_first_cluster: bool
    """The first cluster of a Matroska file says that there was one before it."""
    is_rifx: bool
    """It is a WAV file with big-endian numbers, which libav decodes as noise."""

    def fraction_present(self, size: int) -> float | None:
        """Returns the fraction of the declared bytes in a file of this size; None if none are."""
        if self.sound is None:
            return None
        return self.sound.fraction_present(size)

    @property
    def lacks_start(self) -> bool:
        """Returns whether the first part of the sound is numbered as a later one."""
        mp4 = self.mp4
        if mp4 is not None:
            return mp4.first_fragment > 1
        return self.lacks_first_cluster

    @property
    def is_fragmented(self) -> bool:
        """Returns whether an MP4 file has its sound in fragments, each with an index of its own."""
        return self.mp4 is not None and self.mp4.is_fragmented

    @property
    def prohibition(self) -> NotAudio | None:
        """Returns why nothing must be decoded, though libav could."""
        if self.is_encrypted:
            return NotAudio(ENCRYPTED)
        if self.is_rifx:
            return NotAudio(RIFX)
        return None

    @property
    def refusal(self) -> NotAudio | TruncatedRecording | None:
        """Returns why nothing can be decoded, or None if the header does not tell."""
        if self.mp4 is not None:
            return mp4_refusal(self.mp4)
        sound = self.sound
        if sound is not None and sound.end > self.size:
            declared = f"its header declares that it reaches to byte {sound.end}"
            return TruncatedRecording(f"{declared}, but it ends after {self.size}")
        return None


def mp4_refusal(mp4: Mp4Structure) -> NotAudio | TruncatedRecording | None:
    """Returns why nothing of an MP4 file can be decoded, or None if its boxes do not tell."""
    if mp4.names_encryption:
        return NotAudio(ENCRYPTED)
    if mp4.is_cut and mp4.index is None:
        return TruncatedRecording("an MP4 file without its index (moov), which is written last")
    if mp4.is_cut:
        return TruncatedRecording("an MP4 file that ends before the sound that its index names")
    if mp4.has_malformed_box:
        return NotAudio("an MP4 file with a malformed box")
    return None


def read_file_header(file: BinaryIO, size: int) -> FileHeader:
    mp4 = read_mp4_structure(file, size)
    matroska = read_matroska_header(file)
    mp3 = read_mp3_header(file)
    sound = declared_sound_bytes(file, size) or rare_sound_bytes(file)
    if matroska is not None:
        sound = matroska_bytes(matroska)
    if sound is None and mp4 is None:
        sound = mp3_bytes(file, mp3, size)
    is_encrypted = (
        (mp4 is not None and mp4.is_encrypted)
        or (matroska is not None and matroska.is_encrypted)
        or asf_is_encrypted(file)
    )
    return FileHeader(
        size=size,
        sound=sound,
        mp3=mp3,
        mp4=mp4,
        is_encrypted=is_encrypted,
        lacks_first_cluster=matroska is not None and matroska.lacks_first_cluster,
        is_rifx=is_rifx(file),
    )


def is_rifx(file: BinaryIO) -> bool:
    """Returns whether a file begins as a WAV file does, but with RIFX for RIFF."""
    file.seek(0)
    first_bytes = file.read(12)
    return first_bytes[:4] == b"RIFX" and first_bytes[8:] == b"WAVE"


def matroska_bytes(matroska: MatroskaHeader) -> SoundBytes | None:
    if matroska.end is None:
        return None
    return SoundBytes(0, matroska.end)


def mp3_bytes(file: BinaryIO, mp3: Mp3Header | None, size: int) -> SoundBytes | None:
    """Returns the bytes that the first frame of an MP3 file declares.

    If the file ends inside its tag or inside its first frame, those of both.
    """
    tags_end = end_of_tags(file)
    needed = tags_end
    if mp3 is None:
        needed += MAX_FRAME
    if tags_end and needed > size:
        return SoundBytes(0, needed)
    if mp3 is None or not mp3.bytes:
        return None
    return SoundBytes(mp3.start, mp3.end)
