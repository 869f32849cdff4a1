"""One case with four requests, as its answers come from the chat. The employer's address was never said."""

from datetime import date
from typing import Any

TODAY = date(2026, 11, 24)
ID_NUMBER = "530102198803050019"
ANSWERS: dict[str, Any] = {
    "claims": ["wages", "ending", "double_wage", "overtime"],
    "region": "云南省昆明市官渡区",
    "employer": "云南恒泰劳务有限公司",
    "employer_head": "李四，总经理",
    "employer_phone": "0871-63312345",
    "job": "钢筋工",
    "hired_date": "2025-12-01",
    "left_date": "2026-10-08",
    "monthly_wage": 6000,
    "months_owed": 3,
    "wages_paid": 2000,
    "reason": "illegal",
    "weekday_hours": 100,
    "rest_hours": 80,
    "overtime_months": 10,
    "story": "我在工地绑钢筋，每天早上七点半在门口刷脸进场。\n八月起不发工资，我去问，老板叫我明天不用来了。",
    "evidence": ["bank_flow", "attendance", "chat", "witness"],
    "name": "王建国",
    "id_number": ID_NUMBER,
    "phone": "13887123456",
    "home": "云南省昭通市镇雄县乌峰街道幸福路12号",
    "witnesses": "陈小明，住昆明市官渡区小板桥街道",
}
