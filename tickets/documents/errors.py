"""Why a paper can't be given as asked."""

from tickets.errors import TicketError


class NoPaper(TicketError):
    """Nothing was drafted for this ticket yet."""

    key = "no_paper"
    status = 409


class PreviewOff(TicketError):
    """LibreOffice is not installed: only the Word file can be had."""

    key = "preview_off"
    status = 409


class PreviewFailed(TicketError):
    """LibreOffice ended without a PDF, or took too long."""

    key = "preview_failed"
    status = 409
