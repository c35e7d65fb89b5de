"""What a text alternative of a map counts, held against the table of communes."""

import re

CLASS = re.compile(
    r"(gain |perte |)(?:de )?(?:(plus de )?([\d,]+)(?: à ([\d,]+))? min( ou moins)?|(écart de moins de 1 min))"
    r" :? ?(\d+) communes?(?: · ([\d ]+?) habitants?)?"
)


def counted(told: str, minutes, people) -> list[str]:
    """The classes that a text alternative counts and that the table of communes does not have so."""
    wrong, communes = [], 0
    for sign, more, low, high, less, none, count, living in CLASS.findall(told):
        low, high = (float(each.replace(",", ".") or "inf") for each in (low or "1", high))
        size = -minutes if sign == "gain " else minutes
        if none:
            mask = minutes.abs() < low
        elif less:
            mask = size <= low
        else:
            mask = (size > low if more else size >= low) & (size <= high)
        held = (int(mask.sum()), round(people[mask].sum()))
        communes += held[0]
        if held != (int(count), int(living.replace(" ", "") or 0)):
            wrong.append(f"{sign}{more}{low} {high}: {count} {living} for {held}")
    return wrong if communes == len(minutes) else [*wrong, f"{communes} communes of {len(minutes)} are counted: {told}"]
