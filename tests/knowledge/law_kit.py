"""Small hand-made statutes in two versions."""

from pathlib import Path

OLD = """# 中华人民共和国劳动合同法

2012年12月28日修正

第一条　为了完善制度，制定本法。
第三十条　用人单位应当按照约定和国家规定，向劳动者及时足额支付劳动报酬。
第三十一条　用人单位应当严格执行劳动定额标准，不得强迫加班。
第三十一条之一　安排夜班的，应当提供热的饭菜。
"""
NEW = OLD.replace("2012年12月28日修正", "2027年3月1日修正").replace("及时足额支付", "每月足额支付")
LABOUR = """# 中华人民共和国劳动法

2018年12月29日修正

第四十四条　有下列情形之一的，用人单位应当按照下列标准支付高于正常工作时间工资的工资报酬：
（一）安排延长工作时间的，支付不低于百分之一百五十的工资报酬；
（二）休息日安排工作又不能安排补休的，支付不低于百分之二百的工资报酬；
（三）法定休假日安排工作的，支付不低于百分之三百的工资报酬。还有很长的一段话，写在这里，好让这一条超过一百二十个字。
第五十四条　用人单位必须为劳动者提供必要的劳动防护用品，对从事有职业危害作业的劳动者应当定期进行健康检查。
"""
REPEALED = "2003年9月1日公布\n\n第一条　公民可以申请法律援助，定期健康检查不在此列。\n"


def write_laws(folder: Path, **texts: str) -> Path:
    """A folder of statutes: one file for each name."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (folder / f"{name}.md").write_text(text, encoding="utf-8")
    return folder
