"""What officers owe over all their tenders, once it is overdue."""

from fastapi import APIRouter, Response

from api.http.auth import Caller
from api.http.ports import GivenTenderDuties
from api.http.routes.licences import signed_in
from api.http.schemas.tender_duties import OverduesAnswer
from api.http.strict import StrictRoute

router = APIRouter(prefix="/v1/tenders", tags=["tenders"], route_class=StrictRoute)


@router.get("/overdue", responses=signed_in())
def overdue(by: Caller, duties: GivenTenderDuties, response: Response) -> OverduesAnswer:
    """List what is overdue in the tenders for which the caller buys, or which it supervises.

    Answers to objections, questions and filings, steps on complaints, opening records, notices,
    awards, contracts, reports and bonds, each by the law's calendar. What leaves no trace on chain
    counts as done once a paper of its role was brought.
    """
    response.headers["Cache-Control"] = "no-store"
    return OverduesAnswer.of(duties.overdue(by))
