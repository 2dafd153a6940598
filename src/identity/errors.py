"""Why a request's token is refused."""


class TokenMissing(Exception):
    """The request carries no bearer token."""


class TokenInvalid(Exception):
    """The request's bearer token is not valid.

    The message is a sentence for the client; `reason` is a stable keyword for the log.
    """

    def __init__(self, reason: str, sentence: str) -> None:
        super().__init__(sentence)
        self.reason = reason
