#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: Apache-2.0
"""What score.py counts, on labels and alerts made by hand."""
import unittest

from score import Alert, Score, area

MINUTE, HOUR = 60, 3600


def attack(start, end, tier="core", kind="theft", **more):
    return {"kind": kind, "tier": tier, "start": start, "end": end, **more}


def alert(start, risk=50, kind="egress-volume"):
    return Alert({"startsAt": start, "kind": kind, "riskScore": risk})


def score(attacks, alerts, neutral=(), **more):
    score_of_one = Score(verbose=False)
    score_of_one.add({"trace": "a", "life": "web", "days": 2, "start": 0, "attacks": attacks, "neutral": neutral, **more},
                     alerts)
    return score_of_one


class Attacks(unittest.TestCase):
    def test_found_until_half_an_hour_after_its_end(self):
        theft = attack(1000, 2000)
        self.assertEqual(score([theft], [alert(2000 + 30 * MINUTE)]).found["core", "theft"], [1000 + 30 * MINUTE])
        late = score([theft], [alert(2001 + 30 * MINUTE)])
        self.assertEqual((late.found["core", "theft"], late.false["web"]), ([None], 1))

    def test_of_tier_low_found_within_an_hour_only(self):
        beacon = attack(0, 5 * HOUR, "low", "beacon")
        self.assertEqual(score([beacon], [alert(HOUR)]).found["low", "beacon"], [HOUR])
        late = score([beacon], [alert(HOUR + 1)])
        self.assertEqual((late.found["low", "beacon"], late.false["web"]), ([None], 0))

    def test_in_a_chain_each_needs_its_own_alert(self):
        chain = [attack(0, 1000), attack(1000, 2000), attack(2000, 3000)]
        self.assertEqual(score(chain, [alert(10), alert(2010)]).found["core", "theft"], [10, None, 10])

    def test_behind_a_told_step_an_alert_is_about_the_attack(self):
        both = score([attack(5000, 6000)], [alert(100), alert(5010)], neutral=[[0, 9000]])
        self.assertEqual(both.found["core", "theft"], [10])
        self.assertEqual((both.false["web"], len(both.risk_neutral)), (0, 1))

    def test_a_missed_one_may_be_shown_as_an_earlier_alert_that_came_again(self):
        earlier = alert(100)
        earlier.update({"startsAt": 100, "lastOccurrence": 9990})
        again = score([attack(10000, 11000)], [earlier], neutral=[[0, 200]])
        self.assertEqual((again.found["core", "theft"], again.repeats), ([None], 1))

    def test_the_last_kind_counts(self):
        first = alert(10)
        first.update({"startsAt": 10, "kind": "proxy-relay"})
        self.assertEqual(score([attack(0, 900, expect=["proxy-relay"])], [first]).kinds["theft"]["right"], 1)
        self.assertEqual(score([attack(0, 900, expect=["egress-volume"])], [first]).kinds["theft"]["proxy-relay"], 1)

    def test_without_expectation_no_kind_is_judged(self):
        self.assertFalse(score([attack(0, 900)], [alert(10)]).kinds)


class FalseAlerts(unittest.TestCase):
    def test_those_within_ten_minutes_are_one(self):
        times = (0, 10 * MINUTE, 20 * MINUTE, 31 * MINUTE)
        self.assertEqual(score([], [alert(time) for time in times]).false["web"], 2)

    def test_an_excused_one_hides_none(self):
        hidden = score([], [alert(1000 + 29 * MINUTE), alert(1000 + 31 * MINUTE)], neutral=[[0, 1000]])
        self.assertEqual(hidden.false["web"], 1)

    def test_are_counted_by_pod_day_and_worst_life(self):
        both = score([], [alert(0)])
        both.add({"trace": "b", "life": "idle", "days": 8, "start": 0, "attacks": [], "neutral": []}, [])
        self.assertEqual(both.measured()["false alerts a pod-day"], .1)
        self.assertEqual(both.measured()["false alerts a pod-day, worst life"], .5)
        self.assertEqual(both.worst_life(), "web")


class Risks(unittest.TestCase):
    def test_area_is_the_share_of_pairs_in_order(self):
        self.assertEqual(area([3, 4], [1, 2]), 1)
        self.assertEqual(area([1, 2], [3, 4]), 0)
        self.assertEqual(area([1, 3], [2]), .5)
        self.assertEqual(area([2, 2], [2]), .5)

    def test_an_attack_has_the_highest_until_it_is_over(self):
        grown = alert(10, 40)
        grown.update({"startsAt": 10, "updatedAt": 500, "riskScore": 70})
        grown.update({"startsAt": 10, "updatedAt": 900 + 31 * MINUTE, "riskScore": 90})
        self.assertEqual(score([attack(0, 900)], [grown]).risk_found, [70])

    def test_what_only_the_end_of_the_trace_tells_counts(self):
        self.assertEqual(Alert({"startsAt": 10, "updatedAt": 99999, "riskScore": 80}).risk(900), 80)

    def test_an_alert_without_risk_ranks_nowhere(self):
        silent = score([attack(0, 900)], [Alert({"startsAt": 10}), Alert({"startsAt": 90000})])
        self.assertEqual((silent.risk_found, silent.risk_false, silent.false["web"]), ([], [], 1))


if __name__ == "__main__":
    unittest.main()
