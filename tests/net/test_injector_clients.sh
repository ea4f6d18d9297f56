#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Who may ask for reviews: nobody without a certificate of the CAs in --client-ca-file, once
# that file exists. It appears, breaks, changes and goes while the injector runs.
#
#     +-------------- a --------------+
#     |  dormouse-injector            |
#     |  curl, openssl, python3       |  loopback only
#     +-------------------------------+
#
# shellcheck source=lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=injector.sh
source "$(dirname "$0")/injector.sh"
need_injector python3
make_space a

# --- certificates ----------------------------------------------------------------------
make_ca() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes \
		-keyout "$work/$1.key" -out "$work/$1.crt" -days 3 -subj "/CN=$1" 2>/dev/null
}

# make_client NAME CA PURPOSE DNS KEY [DATES...]: $work/NAME.crt, .key; PURPOSE is
# clientAuth or serverAuth, KEY as `openssl req -newkey` wants it.
make_client() {
	local name=$1 ca=$2 purpose=$3 dns=$4 key=$5
	shift 5
	(($# > 0)) || set -- -days 3
	: >"$work/database"
	cat >"$work/sign.conf" <<-END
		[ca]
		default_ca = this
		[this]
		database = $work/database
		new_certs_dir = $work
		default_md = sha256
		policy = any
		rand_serial = yes
		x509_extensions = extensions
		[any]
		commonName = supplied
		[extensions]
		extendedKeyUsage = $purpose
		subjectAltName = $dns
	END
	openssl req -newkey "$key" -pkeyopt ec_paramgen_curve:prime256v1 -nodes \
		-keyout "$work/$name.key" -out "$work/$name.csr" -subj "/CN=$name" 2>/dev/null ||
		openssl req -newkey "$key" -nodes -keyout "$work/$name.key" \
			-out "$work/$name.csr" -subj "/CN=$name" 2>/dev/null
	openssl ca -batch -config "$work/sign.conf" -cert "$work/$ca.crt" \
		-keyfile "$work/$ca.key" -in "$work/$name.csr" -out "$work/$name.crt" \
		-notext "$@" 2>/dev/null
}
past=(-startdate 20200101000000Z -enddate 20200201000000Z)
future=(-startdate 20900101000000Z -enddate 20900201000000Z)
many=DNS:a.example
for ((i = 0; i < 1500; i++)); do
	many+=,DNS:$i.api.example
done

make_ca ca
make_ca next-ca
make_ca strange-ca
make_client api-server ca clientAuth DNS:api.example ec
make_client rsa ca clientAuth DNS:rsa.example rsa:2048
make_client named ca clientAuth DNS:api-server ec
make_client expired ca clientAuth DNS:api.example ec "${past[@]}"
make_client early ca clientAuth DNS:api.example ec "${future[@]}"
make_client for-servers ca serverAuth DNS:api.example ec
make_client stranger strange-ca clientAuth DNS:api.example ec
make_client next next-ca clientAuth DNS:api.example ec
make_client large ca clientAuth "$many" ec

# The folder is there from the start, as a mount of a ConfigMap that need not exist.
mkdir "$work/mounted"
# put FILE...: these, one after the other, as the kubelet writes a file: another one under
# the name.
put() {
	cat "$@" >"$work/mounted/new"
	mv "$work/mounted/new" "$work/mounted/ca.crt"
}

start_injector a 8443 --client-ca-file "$work/mounted/ca.crt"

# ask [NAME [CURL ARGUMENTS]]: the status of a review asked by that client; what curl says
# is in $work/said.
ask() {
	local name=${1:-} mine=()
	shift $(($# > 0))
	[[ -z $name ]] || mine=(--cert "$work/$name.crt" --key "$work/$name.key")
	inside a curl -sS --max-time 20 --cacert "$work/in-use.crt" "${mine[@]}" "$@" \
		-H "Content-Type: application/json" --data-binary @"$review" \
		-o "$work/answer" -w '%{http_code}' "https://localhost:$port/inject" \
		2>"$work/said" || true
}
port=8443
measured() {
	measure a "$port" "$1"
}
refused_as() {
	measured "dormouse_injector_clients_refused_total{reason=\"$1\"}"
}
demanded() {
	measured dormouse_injector_client_certificate_required
}

# --- no file, a broken file ------------------------------------------------------------
check "without a file, demanded" 0 "$(demanded)"
check "without a file, a review without a certificate" 200 "$(ask)"
check_that "which the log says" grep -q '"event":"client-ca-absent"' "$work/injector-8443.log"
echo "not a CA" >"$work/garbage"
put "$work/garbage"
eventually "broken files" 1 measured dormouse_injector_client_ca_reload_failures_total
check_that "which the log says" grep -q '"event":"client-ca-broken".*until it is mended' \
	"$work/injector-8443.log"
check "with a broken file and none before, a review" 200 "$(ask)"

# --- the file appears, under a connection that is open -----------------------------------
cat >"$work/keep.py" <<'END'
"""Asks three times on one connection, the second time when there is a file; prints how
each went, and what the answer's Connection says."""
import http.client, os, ssl, sys, time
port, body, go = int(sys.argv[1]), open(sys.argv[2], "rb").read(), sys.argv[3]
context = ssl._create_unverified_context()
connection = http.client.HTTPSConnection("127.0.0.1", port, context=context, timeout=30)
connection.connect()
connection.auto_open = 0
for turn in range(3):
    try:
        connection.request("POST", "/inject", body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        answer.read()
        print(answer.status, answer.getheader("Connection", "-"), flush=True)
    except (OSError, http.client.HTTPException) as why:
        print("no", type(why).__name__, flush=True)
    while turn == 0 and not os.path.exists(go):
        time.sleep(0.05)
END
start a kept python3 "$work/keep.py" 8443 "$review" "$work/go"
kept=$started
answers() {
	grep -c . "$work/kept"
}
eventually "answers on a kept connection" 1 answers
put "$work/ca.crt"
eventually "with a file, demanded" 1 demanded
touch "$work/go"
wait "$kept" || true
check "a connection of before has one more answer, which closes it" \
	"200 - 200 close no" "$(sed 's/^no .*/no/' "$work/kept" | paste -sd ' ')"

# --- who is let in ----------------------------------------------------------------------
# refused NAME CLIENT REASON WORDS [CURL ARGUMENTS]: no answer, counted, and curl knows why.
refused() {
	local name=$1 client=$2 reason=$3 words=$4 before
	shift 4
	before=$(refused_as "$reason")
	check "$name: refused" 000 "$(ask "$client" "$@")"
	check "$name: counted as $reason" "$((before + 1))" "$(refused_as "$reason")"
	if grep -q "$words" "$work/said"; then
		ok "$name: told \"$words\""
	else
		failed "$name: expected \"$words\" to be told, found $(cat "$work/said")"
	fi
}
for version in 1.2 1.3; do
	v=(--tlsv"$version" --tls-max "$version")
	none="certificate required" late="certificate expired"
	# In a handshake of TLS 1.2 curl takes that alert for its own verdict.
	[[ $version == 1.3 ]] || none="handshake failure" late="verification failed"
	for client in api-server rsa; do
		check "TLS $version, $client" 200 "$(ask $client "${v[@]}")"
	done
	refused "TLS $version, no certificate" "" none "$none" "${v[@]}"
	refused "TLS $version, of another CA" stranger untrusted "unknown ca" "${v[@]}"
	refused "TLS $version, signed by itself" in-use untrusted "unknown ca" "${v[@]}"
	refused "TLS $version, for servers" for-servers untrusted "unknown ca" "${v[@]}"
	refused "TLS $version, expired" expired expired "$late" "${v[@]}"
	refused "TLS $version, not valid yet" early expired "$late" "${v[@]}"
	before=$(measured dormouse_injector_handshake_failures_total)
	check "TLS $version, a certificate of $(wc -c <"$work/large.crt") bytes" 000 \
		"$(ask large "${v[@]}")"
	check_between "TLS $version, such handshakes failed" "$((before + 1))" \
		"$((before + 2))" "$(measured dormouse_injector_handshake_failures_total)"
done

# --- probes and scrapes go on -------------------------------------------------------------
for path in healthz readyz metrics; do
	check "/$path without a certificate" 200 "$(inside a curl -s -o /dev/null \
		-w '%{http_code}' "http://127.0.0.1:8444/$path")"
done

# --- a crowd of strangers -----------------------------------------------------------------
before=$(refused_as none)
# shellcheck disable=SC2016
inside a bash -c 'for ((i = 0; i < 60; i++)); do
	curl -sk --max-time 20 -d "{}" -o /dev/null https://127.0.0.1:8443/inject || true
done' >/dev/null 2>&1
check "sixty strangers, refused" "$((before + 60))" "$(refused_as none)"
open_ones() {
	measured 'dormouse_injector_connections{port="reviews"}'
}
eventually "connections that they hold" 0 open_ones
check "beside them" 200 "$(ask api-server)"
check_between "lines about refused clients" 1 3 \
	"$(grep -c '"event":"clients-refused"' "$work/injector-8443.log")"

# --- the CA is exchanged, breaks and goes ---------------------------------------------------
reloads() {
	measured dormouse_injector_client_ca_reloads_total
}
put "$work/ca.crt" "$work/next-ca.crt"
eventually "CAs taken" 2 reloads
check "of the old CA, with both" 200 "$(ask api-server)"
check "of the new CA, with both" 200 "$(ask next)"
put "$work/next-ca.crt"
eventually "CAs taken" 3 reloads
check "of the new CA" 200 "$(ask next)"
refused "of the old CA" api-server untrusted "unknown ca"
failures_of_file() {
	measured dormouse_injector_client_ca_reload_failures_total
}
put /dev/null
eventually "broken files" 2 failures_of_file
rm "$work/mounted/ca.crt"
eventually "broken or missing files" 3 failures_of_file
check "with the last good CA" 200 "$(ask next)"
refused "without a file, but with a CA of before" "" none "certificate required"

# --- one name -------------------------------------------------------------------------------
put "$work/ca.crt"
port=8453
start_injector a $port --client-ca-file "$work/mounted/ca.crt" --client-name api-server
check "demanded from the start" 1 "$(demanded)"
check "the common name" 200 "$(ask api-server)"
check "a DNS name" 200 "$(ask named)"
refused "another name" rsa name "access denied"
refused "the name of another CA" stranger untrusted "unknown ca"
check "--client-name alone" \
	"dormouse-injector: --client-name needs --client-ca-file" \
	"$(inside a "$work/dormouse-injector" serve --client-name x 2>&1 || true)"
finish
