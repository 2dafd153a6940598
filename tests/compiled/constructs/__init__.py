"""What OpenAPI 3.0 has, and what becomes of it here: kept, with requests that show it, or refused.

The documentation's page of constructs is made from these, so that it says what was tried.
"""

from tests.compiled.construct import Kept, Refused
from tests.compiled.constructs.answers import ANSWERS
from tests.compiled.constructs.arrays import ARRAYS
from tests.compiled.constructs.bodies import BODIES
from tests.compiled.constructs.parameters import PARAMETERS
from tests.compiled.constructs.paths import PATHS
from tests.compiled.constructs.schemas import SCHEMAS
from tests.compiled.constructs.security import SECURITY

CONSTRUCTS: list[Kept | Refused] = [
    *PARAMETERS,
    *ARRAYS,
    *SCHEMAS,
    *BODIES,
    *ANSWERS,
    *SECURITY,
    *PATHS,
]
KEPT = [each for each in CONSTRUCTS if isinstance(each, Kept)]
REFUSED = [each for each in CONSTRUCTS if isinstance(each, Refused)]
