/* SPDX-License-Identifier: Apache-2.0 */
/* test_learn_report.c - what `dormouse-injector learn` says of each workload. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../support/testing.h"
#include "base/output.h"
#include "injector/learn/report.h"

static char said[8192];

/* Collects what is printed on standard output from here to hear(). */
static int real_stdout = -1;
static FILE *heard;

static void listen_in(void)
{
	fflush(stdout);
	real_stdout = dup(STDOUT_FILENO);
	heard = tmpfile();
	assert_non_null(heard);
	assert_true(dup2(fileno(heard), STDOUT_FILENO) >= 0);
}

static const char *hear(void)
{
	struct error err = {""};
	const int flushed = output_flush(&err);

	dup2(real_stdout, STDOUT_FILENO);
	close(real_stdout);
	assert_int_equal(flushed, 0);
	rewind(heard);
	said[fread(said, 1, sizeof(said) - 1, heard)] = '\0';
	fclose(heard);
	return said;
}

static void has(const char *text, const char *words)
{
	if (!strstr(text, words))
		fail_msg("\"%s\" is not in:\n%s", words, text);
}

static char *document(double ten_minutes, double opened)
{
	struct baseline_document b = {
	    .workload = "Deployment/reports", .learn_s = 3600, .dormant_after_s = 900};
	struct past_series *tx = &b.past.series[SIGNAL_TX_BYTES];
	struct past_series *sockets = &b.past.series[SIGNAL_TCP_NEW_SOCKETS];
	struct error err;

	b.past.since = 1767225600;
	b.past.until = b.past.since + 86400;
	b.past.watched_s = b.past.longest_s = 86400;
	b.past.pods = 1;
	tx->watched_s = sockets->watched_s = 86400;
	tx->intervals = sockets->intervals = 1440;
	for (unsigned i = 0; i < PAST_WINDOWS; i++) {
		tx->greatest[i] = 1000;
		sockets->greatest[i] = opened;
	}
	tx->greatest[2] = ten_minutes;
	char *text = baseline_document_text(&b, &err);
	assert_non_null(text);
	return text;
}

static struct workload reports(char *text, struct evaluation *e)
{
	struct workload w = {.namespace = "shop",
			     .pods = 3,
			     .all_pods = 3,
			     .alerts = 2,
			     .watched_s = 86400 * 4.5,
			     .document = text,
			     .evaluation = e};

	assert_true(owner_set(&w.owner, "Deployment", "reports"));
	return w;
}

static const char *row(struct workload *w, enum config_map_change change,
		       const char *old)
{
	listen_in();
	report_row(w, change, old);
	return hear();
}

CASE(a_row_has_pods_days_and_alerts)
{
	char *text = document(1000, 5);
	struct workload w = reports(text, NULL);

	has(row(&w, CHANGE_NEW, NULL),
	    "shop/Deployment/reports                      3      4.5      2  new\n");
	has(row(&w, CHANGE_NONE, text), "same\n");
	free(text);
}

CASE(a_row_names_what_grew_and_what_shrank)
{
	char *old = document(1000, 50), *text = document(8e6, 5);
	struct workload w = reports(text, NULL);

	has(row(&w, CHANGE_OTHER, old),
	    "changes: tx_bytes 10m 1.00 kB -> 8.00 MB, tcp_new_sockets 10s 50 -> 5\n");
	free(old);
	free(text);
}

CASE(a_row_tells_little_from_much)
{
	char *old = document(1000, 5), *text = document(1050, 5);
	struct workload w = reports(text, NULL);

	has(row(&w, CHANGE_OTHER, old), "changes little\n");
	has(row(&w, CHANGE_OTHER, "{"), "replaces what cannot be read\n");
	free(old);
	free(text);
}

/* --- evaluations ------------------------------------------------------------------ */

static struct evaluation evaluated(void)
{
	struct evaluation e = {.pods = 2, .alerts = 12, .watched_s = 86400 * 60};

	e.score[0].thefts = e.score[1].thefts = e.score[2].thefts = 8;
	e.score[0].found = 8;
	e.score[1].found = 3;
	for (unsigned i = 0; i < 8; i++)
		e.score[0].delay_s[i] = 60 + (float)(i % 2);
	e.score[1].delay_s[0] = 600;
	e.score[1].delay_s[1] = 120;
	e.score[1].delay_s[2] = 300;
	e.shown[0] = (struct shown_alert){.raised = 1767225600,
					  .kind = ALERT_EGRESS_VOLUME,
					  .risk = 70,
					  .pod = "reports-x",
					  .summary = "It sends."};
	e.shown_count = 1;
	return e;
}

CASE(an_evaluation_is_a_table)
{
	struct evaluation e = evaluated();
	struct workload w = reports(NULL, &e);
	struct learning l = {.at = &w, .count = 1};

	listen_in();
	report_evaluations(&l);
	const char *table = hear();
	has(table, "shop/Deployment/reports                      2     60.0     12    "
		   "0.200       8/8");
	has(table, " 3/8      5m ");
	has(table, " 0/8       -\n");
	has(table,
	    "2026-01-01T00:00:00.000Z high egress-volume reports-x: It sends.\n");
	has(table, "and 11 more\n");
	has(table, " 0.375 ");
}

CASE(an_evaluation_is_json)
{
	struct evaluation e = evaluated();
	struct workload w = reports(NULL, &e);
	struct learning l = {.at = &w, .count = 1};
	struct error err = {""};

	listen_in();
	const int result = report_evaluations_json(&l, 7, &err);
	cJSON *tree = cJSON_Parse(hear());
	assert_int_equal(result, 0);
	assert_non_null(tree);
	const cJSON *thefts = cJSON_GetObjectItem(tree, "thefts");
	assert_int_equal(cJSON_GetArraySize(thefts), THEFT_SIZES);
	const cJSON *second = cJSON_GetArrayItem(thefts, 1);
	assert_int_equal(cJSON_GetObjectItem(second, "bytesPerSecond")->valueint,
			 50000);
	assert_int_equal(cJSON_GetObjectItem(second, "found")->valueint, 3);
	assert_int_equal(cJSON_GetObjectItem(second, "medianDelaySeconds")->valueint,
			 300);
	assert_true(cJSON_IsNull(
	    cJSON_GetObjectItem(cJSON_GetArrayItem(thefts, 2), "medianDelaySeconds")));
	assert_int_equal(cJSON_GetObjectItem(tree, "seed")->valueint, 7);
	cJSON_Delete(tree);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_row_has_pods_days_and_alerts),
	    cmocka_unit_test(a_row_names_what_grew_and_what_shrank),
	    cmocka_unit_test(a_row_tells_little_from_much),
	    cmocka_unit_test(an_evaluation_is_a_table),
	    cmocka_unit_test(an_evaluation_is_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
