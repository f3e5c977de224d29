package scenarios_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"rtbench/scenarios"
)

// secrets are the variables of the tests.
var secrets = map[string]string{
	"TICKET": "hunter2-ticket", "BASIC": "hunter2-basic", "SESSION": "hunter2-session", "TOKEN": "hunter2-token", "PROXY_USER": "hunter2-ann", "PROXY_PASSWORD": "hunter2-pw",
	"URL": "wss://hunter2-host.example/hunter2-path?hunter2-query=hunter2", "PART": "hunter2-part", "BRACES": "hunter2{{.Nothing}}",
	"CONTROL": "hunter2\n", "WRONG": "ftp://hunter2:hunter2@hunter2",
}

func lookupSecret(name string) (string, bool) {
	v, ok := secrets[name]
	return v, ok
}

func parseCustom(t *testing.T, text string, set ...string) *scenarios.Scenario {
	t.Helper()
	return parseWith(t, text, scenarios.Options{Lookup: lookupSecret, Set: set})
}

func customExample(t *testing.T) []byte {
	t.Helper()
	text, err := os.ReadFile("testdata/custom.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestCustomExample(t *testing.T) {
	s, err := scenarios.OpenWith("testdata/custom.yaml", scenarios.Options{Lookup: lookupSecret})
	if err != nil {
		t.Fatal(err)
	}
	o := s.Custom
	want := map[string]*scenarios.Endpoint{
		"websocket": {
			URL: "wss://api.example.org/ws?room=1&ticket=hunter2-ticket", Subprotocols: []string{"chat.v2", "chat.v1"},
			Frames: "text", Deflate: "takeover", Fragment: 4096, Limit: 2 << 20,
		},
		"sse": {
			URL: "https://api.example.org/events", Method: "POST", Body: `{"topic":"{{.Stream}}"}`, Post: "https://api.example.org/messages", Limit: 1 << 20,
		},
		"sse-h2": {URL: "https://api.example.org/events", Method: "GET", Post: "https://api.example.org/messages", Limit: 1 << 20},
		"grpc": {
			URL: "grpcs://api.example.org/chat.v1.Chat/Talk", Proto: []string{"chat.proto", "common.proto"}, Import: []string{"protos"},
			Compression: "gzip", Deadline: 5 * time.Second, Batch: 10, ALPN: "optional", Limit: 1 << 20,
		},
		"tcp": {URL: "tcp://api.example.org:7000", Frames: "length", Limit: 1 << 20},
	}
	if d := cmp.Diff(want, o.Endpoints, cmpopts.IgnoreUnexported(scenarios.Endpoint{})); d != "" {
		t.Errorf("endpoints (-want +got):\n%s", d)
	}
	said := `{"id":{{.RequestNumber}},"at":{{.TimestampUnixNano}},"uuid":"{{.UUID}}","user":{"name":"ann","tags":["a","b\"c"],"age":7,"ok":true,"none":null,"half":0.5},"said":"no {{.Seq}}"}`
	if len(o.Messages) != 5 || o.Messages[4].Text != said || o.Messages[2] != (scenarios.Message{File: "raw.bin", Raw: true, At: o.Messages[2].At, Key: "messages[2]"}) || !strings.HasSuffix(o.Messages[2].At, ":41") || o.Messages[3].Size != "uniform(100, 2KiB)" {
		t.Errorf("messages %+v", o.Messages)
	}
	if o.Match.By != "order" || o.Expect.Field != "ok" || *o.Expect.Is != "true" || o.Stall != 2*time.Second || s.Reconnect.Policy != "none" {
		t.Errorf("%+v", o)
	}
	var does []string
	for _, st := range append(o.Opening, o.Closing...) {
		does = append(does, fmt.Sprint(st.Do, " ", st.Text, st.Within, st.Pause, st.Code))
	}
	if d := cmp.Diff([]string{
		"wait 10s 0s 1000",
		`authenticate {"token":"hunter2-token"}10s 0s 1000`, "expect 5s 0s 1000", `subscribe {"op":"sub","stream":{{.Stream}}}10s 0s 1000`,
		"wait 10s 0s 1000", "think 10s 100ms 1000", `send {"op":"bye"}10s 0s 1000`, "close 10s 0s 1000",
	}, does); d != "" || len(o.Opening) != 6 {
		t.Errorf("steps (-want +got):\n%s", d)
	}
	if s.Resolve("ca.pem") != filepath.Join("testdata", "ca.pem") || s.Resolve(filepath.Join(string(filepath.Separator), "x", "..", "y")) != filepath.Join(string(filepath.Separator), "y") {
		t.Errorf("paths: %s", s.Resolve("ca.pem"))
	}
	for _, c := range s.Cells() {
		if c.API != "custom" || !c.TLS || c.Model != "open" || c.Encoding != "text" || !strings.Contains(c.Target, "://api.example.org/") {
			t.Errorf("%+v", c)
		}
	}
}

// The example sets every field that scenarios with several protocols may have.
func TestCustomExampleHasEveryField(t *testing.T) {
	s := parseCustom(t, string(customExample(t)))
	fieldsOf := reflect.ValueOf(*s.Custom)
	for i := range fieldsOf.NumField() {
		name := fieldsOf.Type().Field(i).Name
		if elsewhere := slices.Contains([]string{"Bearer", "Stamp", "RecordEnd", "Answers", "Heartbeat", "Ping", "End", "TokenCount"}, name); !elsewhere && fieldsOf.Field(i).IsZero() {
			t.Errorf("%s is not in the example", name)
		}
	}
}

// Values of variables are used, but not shown.
func TestSecretsStayOutOfPlanAndSource(t *testing.T) {
	texts := map[string]string{
		"example": string(customExample(t)),
		"a URL":   `{name: a, target: "${URL}", pattern: push}`,
		"a path":  `{name: a, target: {websocket: "wss://h/${PART}/x?${PART}=1&b=${PART}"}, pattern: push}`,
		"steps":   `{name: a, target: {websocket: "wss://h/x", headers: {A: "${PART}"}}, pattern: push, steps: [{send: "${PART}"}, {wait: "${PART}"}, {expect: {is: "${PART}"}}]}`,
		"message": `{name: a, target: {tcp: "tcp://h:1"}, pattern: echo, messages: ["${PART}", {json: {"a": "${PART}"}}], load: {rate: 1/s}}`,
	}
	for what, text := range texts {
		s := parseCustom(t, text)
		cells, err := json.Marshal(s.Cells())
		if err != nil {
			t.Fatal(err)
		}
		plan, err := json.Marshal(s.Plan())
		if err != nil {
			t.Fatal(err)
		}
		for where, text := range map[string]string{"source": string(s.Source), "cells": string(cells), "plan": string(plan), "variables": fmt.Sprint(s.Variables)} {
			if strings.Contains(text, "hunter2") && (what != "a URL" || strings.Contains(strings.ReplaceAll(text, "hunter2-host.example", ""), "hunter2")) {
				t.Errorf("%s: %s: %s", what, where, text)
			}
		}
	}
}

// Messages do not show invalid values of variables.
func TestProblemsShowNoSecret(t *testing.T) {
	const base = "name: a\npattern: echo\nload: {rate: 1/s}\n"
	for _, text := range []string{
		"target: {websocket: '${WRONG}'}", "target: {websocket: {url: '${WRONG}'}}", "target: ${WRONG}", "target: {websocket: 'wss://u:${TOKEN}@h'}",
		"target: {sse: {url: 'https://h', post: '${WRONG}'}}", "target: {websocket: {url: 'wss://h', frames: '${TOKEN}'}}",
		"target: {websocket: 'wss://h', headers: {A: '${CONTROL}'}}", "target: {websocket: 'wss://h', cookies: {a: '${CONTROL}'}}", "target: {websocket: 'wss://h', cookies: '${TOKEN}'}",
		"target: {websocket: 'wss://h', bearer: '${TOKEN}'}", "target: {websocket: 'wss://h', bearer: {env: '${BASIC}'}}", "target: {websocket: 'wss://h', bearer: {command: '${TOKEN}'}}",
		"target: {websocket: 'wss://h', stats: {prometheus: '${WRONG}'}}", "target: {websocket: 'wss://h', stats: {pid: '${TOKEN}'}}",
		"target: {websocket: 'wss://h'}\nmessages: '${BRACES}'", "target: {websocket: 'wss://h'}\nmessages: {json: {a: ['${BRACES}']}}",
		"target: {websocket: 'wss://h'}\nmessages: {text: '{{.Body}}', size: '${TOKEN}'}", "target: {websocket: 'wss://h'}\nmessages: {text: '{{.Nothing}}${TOKEN}'}",
		"target: {websocket: 'wss://h'}\nmatch: '${TOKEN}'", "target: {websocket: 'wss://h'}\nmatch: {field: '${BRACES}'}", "target: {websocket: 'wss://h'}\nexpect: {matches: '${TOKEN}[(('}",
		"target: {websocket: 'wss://h'}\nsteps: ['${TOKEN}']", "target: {websocket: 'wss://h'}\nsteps: [{authenticate: '${BRACES}'}]", "target: {websocket: 'wss://h'}\nsteps: [{close: '${TOKEN}'}]",
		"target: {websocket: 'wss://h'}\nsteps: [{think: '${TOKEN}'}]", "target: {websocket: 'wss://h'}\nstall: ${TOKEN}", "target: {websocket: 'wss://h', tls: {server_name: '${CONTROL}'}}",
		// Literal secrets are rejected.
		"target: {websocket: 'wss://hunter2:hunter2@h'}", "target: {websocket: 'wss://h?token=hunter2'}", "target: {websocket: 'wss://h', headers: {Authorization: hunter2}}",
		"target: {websocket: 'wss://h', cookies: {a: hunter2}}", "target: {websocket: 'wss://h', query: {api_key: hunter2}}", "target: {websocket: 'wss://h', bearer: hunter2}",
		"target: {websocket: 'wss://h', bearer: {env: 'hunter2.hunter2'}}", "target: {sse: {url: 'https://h', post: 'https://h?password=hunter2'}}",
		"target: {websocket: 'wss://h', stats: {prometheus: 'http://h?token=hunter2'}}", "target: {websocket: 'wss://h', stats: {prometheus: 'http://u:hunter2@h'}}",
		"target: {websocket: 'wss://h'}\nsteps: [{authenticate: '{\"token\":\"hunter2\"}'}]", "target: {websocket: 'wss://h', headers: {X-Api-Key: '${NONE:-hunter2}'}}",
	} {
		_, err := scenarios.ParseWith("f", []byte(base+text+"\n"), scenarios.Options{Lookup: lookupSecret})
		if err == nil {
			t.Errorf("%s: accepted", text)
			continue
		}
		// Defaults and names of variables are not secrets.
		if strings.Contains(strings.ReplaceAll(err.Error(), "${NONE:-hunter2}", ""), "hunter2") {
			t.Errorf("%s: it tells the secret:\n%v", text, err)
		}
	}
}

// The same holds for flags and included files.
func TestSecretsOfFlagsAndIncludes(t *testing.T) {
	text := "include: base.yaml\nname: a\npattern: push\ntarget: {websocket: 'wss://h', headers: {Authorization: 'Bearer ${TOKEN}'}}\n"
	base := "target: {headers: {Authorization: hunter2}}\n"
	read := func(string) ([]byte, error) { return []byte(base), nil }
	_, err := scenarios.ParseWith("f", []byte(text), scenarios.Options{Lookup: lookupSecret, Read: read})
	if err == nil || !strings.Contains(err.Error(), "base.yaml:1:") || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("got %v", err)
	}
	base = "{}\n"
	_, err = scenarios.ParseWith("f", []byte(text), scenarios.Options{Lookup: lookupSecret, Read: read, Set: []string{"target.headers.Authorization=hunter2"}})
	if err == nil || strings.Contains(err.Error(), "hunter2") || !strings.Contains(err.Error(), "--set target.headers.Authorization=…: ") {
		t.Errorf("got %v", err)
	}
	s := parseWith(t, text, scenarios.Options{Lookup: lookupSecret, Read: read, Set: []string{"target.websocket=ws://x/y", "match=none"}})
	if e := s.Custom.Endpoints["websocket"]; e.URL != "ws://x/y" || len(s.Custom.Headers) != 1 || s.Custom.Match.By != "none" {
		t.Errorf("%+v", s.Custom)
	}
}
