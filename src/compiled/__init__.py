"""An OpenAPI 3.0 contract, compiled to callables that enforce it, or refused with the reasons."""

from compiled.answers import Answer, Reply
from compiled.contract.operations import Operations
from compiled.errors import ContractRefused, Fault, RequestRefused
from compiled.request import Request
from compiled.seams import Admission, Declared, Seams

__all__ = [
    "Admission",
    "Answer",
    "ContractRefused",
    "Declared",
    "Fault",
    "Operations",
    "Reply",
    "Request",
    "RequestRefused",
    "Seams",
]
