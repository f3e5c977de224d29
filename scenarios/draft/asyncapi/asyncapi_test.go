package asyncapi_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rtbench/internal/golden"
	"rtbench/scenarios"
	"rtbench/scenarios/draft"
	"rtbench/scenarios/draft/asyncapi"
)

// drafted returns the scenario of a channel, which must be valid.
func drafted(t testing.TB, file string, data []byte, o asyncapi.Options) (string, error) {
	t.Helper()
	d := &draft.Draft{Name: "drafted", Load: draft.Load{Duration: "5s", Connections: 16}}
	if err := asyncapi.Draft(d, file, data, o); err != nil {
		return "", err
	}
	text := d.Text()
	if _, err := scenarios.ParseWith("drafted.yaml", text, scenarios.Options{Lookup: func(string) (string, bool) { return "unset", true }}); err != nil {
		t.Fatalf("the drafted scenario has errors:\n%v\n%s\nfrom:\n%.3000s", err, text, data)
	}
	out := string(text)
	for _, note := range d.Notes {
		out += "# Note: " + note + "\n"
	}
	return out, nil
}

func TestDraftDocuments(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, file string
		options    asyncapi.Options
	}{
		{"room", "chat3.yaml", asyncapi.Options{Pick: "room"}},
		{"audit", "chat3.yaml", asyncapi.Options{Pick: "2", Target: "ws://127.0.0.1:9"}},
		{"quotes", "quotes2.yaml", asyncapi.Options{}},
		{"notify", "notify.json", asyncapi.Options{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			data, err := os.ReadFile(filepath.Join("testdata", c.file))
			if err != nil {
				t.Fatal(err)
			}
			text, err := drafted(t, c.file, data, c.options)
			if err != nil {
				t.Fatal(err)
			}
			golden.Check(t, filepath.Join("testdata", c.name+".drafted"), text)
		})
	}
}

// A target with a path is the whole URL; without one it has that of the channel.
func TestTarget(t *testing.T) {
	t.Parallel()
	const document = "asyncapi: 2.6.0\nservers: {a: {url: wss://a.example.org/v1, protocol: wss}}\nchannels: {%s: {subscribe: {message: {payload: {type: string}}}}}"
	for _, c := range []struct{ channel, target, want string }{
		{"/feed", "", "wss://a.example.org/v1/feed"},
		{"/", "", "wss://a.example.org/v1"},
		{"/feed", "ws://127.0.0.1:9", "ws://127.0.0.1:9/feed"},
		{"/feed", "ws://127.0.0.1:9/other", "ws://127.0.0.1:9/other"},
		{"/", "ws://127.0.0.1:9/", "ws://127.0.0.1:9/"},
	} {
		text, err := drafted(t, "x.yaml", fmt.Appendf(nil, document, c.channel), asyncapi.Options{Target: c.target})
		if err != nil || !strings.Contains(text, "websocket: "+c.want+"\n") {
			t.Errorf("%+v: %v\n%s", c, err, text)
		}
	}
}

// A schema that combines itself many times has the properties of the others once, and takes no time.
func TestSchemaWithinItself(t *testing.T) {
	t.Parallel()
	document := "asyncapi: 2.6.0\nservers: {a: {url: wss://a.example.org, protocol: wss}}\nchannels: {/feed: {publish: {message: {payload: {$ref: '#/components/schemas/s'}}}}}\ncomponents: {schemas: {s: {allOf: [" +
		strings.Repeat("{$ref: '#/components/schemas/s'}, ", 20) + "{properties: {text: {type: boolean}}}]}}}"
	text, err := drafted(t, "x.yaml", []byte(document), asyncapi.Options{})
	if err != nil || !strings.Contains(text, `messages: '{"text":true}'`) {
		t.Errorf("%v\n%s", err, text)
	}
}

// A scenario has a limited number of messages, and a note names the others.
func TestManyMessages(t *testing.T) {
	t.Parallel()
	list := ""
	for n := range 18 {
		list += fmt.Sprintf("{name: say%d, payload: {type: string}}, ", n)
	}
	document := "asyncapi: 2.6.0\nservers: {a: {url: wss://a.example.org, protocol: wss}}\nchannels: {/feed: {publish: {message: {oneOf: [" + list + "]}}}}"
	text, err := drafted(t, "x.yaml", []byte(document), asyncapi.Options{})
	if err != nil || strings.Count(text, "left out: message say") != 2 || !strings.Contains(text, "left out: message say17, because a scenario has at most 16") {
		t.Errorf("%v\n%s", err, text)
	}
}

func TestErrors(t *testing.T) {
	t.Parallel()
	const head = "asyncapi: 3.0.0\nservers: {a: {host: a.example.org, protocol: ws}}\n"
	for _, c := range []struct{ name, text, pick, want string }{
		{"not YAML", "asyncapi: [", "", "x.yaml:1:1: did not find"},
		{"a list", "- a", "", "x.yaml:1:1: found no mapping; expected an AsyncAPI document"},
		{"empty", "", "", "x.yaml:1:1: found no mapping"},
		{"no version", "info: {}", "", "x.yaml:1:1: missing key asyncapi; expected the version"},
		{"version", "info: {}\nasyncapi: 1.2.0", "", `x.yaml:2:11: asyncapi: found "1.2.0"; expected a version from 2.0.0 to 3.0.0`},
		{"OpenAPI", "openapi: 3.1.0", "", "found an OpenAPI document, which has no messages"},
		{"no servers", "asyncapi: 3.0.0", "", "x.yaml:1:1: found no servers; expected the server's URL as --target"},
		{"other servers", "asyncapi: 2.6.0\nservers:\n  a: {url: b:9092, protocol: kafka}\n  c: {url: d, protocol: mqtt}", "", "x.yaml:3:3: servers: found protocols kafka, mqtt; expected ws, wss, http or https"},
		{"an address", "asyncapi: 2.6.0\nservers:\n  a: {url: 'ws://u:p@h/', protocol: ws}", "", "x.yaml:3:12: found the address"},
		{"no channels", head, "", "x.yaml:1:1: found no channels"},
		{"a broken reference", head + "channels:\n  c: {$ref: '#/components/channels/d'}\ncomponents: {chanels: {}}", "", `x.yaml:4:13: $ref: found "#/components/channels/d", but "channels" does not exist; did you mean chanels?`},
		{"another file", head + "channels:\n  c: {$ref: './common.yaml#/c'}", "", `x.yaml:4:13: $ref: found "./common.yaml#/c" in another file; expected a reference within this file`},
		{"a circle", head + "channels:\n  c: {$ref: '#/channels/c'}", "", "more than 16 references to references"},
		{"an action", head + "channels: {c: {address: /}}\noperations:\n  o: {action: publish, channel: {$ref: '#/channels/c'}}", "", `x.yaml:5:6: operations.o.action: found "publish"; expected send or receive`},
		{"avro", head + "channels: {c: {address: /, messages: {m: {payload: {schemaFormat: application/vnd.apache.avro+json;version=1.9.0, schema: {}}}}}}\noperations:\n  o: {action: receive, channel: {$ref: '#/channels/c'}}", "", "schemaFormat: found"},
		{"several", head + "channels: {c: {messages: {m: {}}}, d: {messages: {m: {}}}}\noperations:\n  o: {action: receive, channel: {$ref: '#/channels/c'}}\n  p: {action: send, channel: {$ref: '#/channels/d'}}", "", "x.yaml: found 2 channels; expected one, chosen by --pick: 1 c (1 messages to the server, 0 from it), 2 d (0 messages to the server, 1 from it)"},
		{"an unknown one", head + "channels: {cha: {messages: {m: {}}}}\noperations: {o: {action: receive, channel: {$ref: '#/channels/cha'}}}", "che", "--pick che: not found; expected one of 1 channels: 1 cha (1 messages to the server, 0 from it); did you mean cha?"},
	} {
		_, err := drafted(t, "x.yaml", []byte(c.text), asyncapi.Options{Pick: c.pick})
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: got %v\nwant %s", c.name, err, c.want)
		}
	}
}

func FuzzDocument(f *testing.F) {
	for _, pattern := range []string{"testdata/*.yaml", "testdata/*.json"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			f.Fatal("no documents", err)
		}
		for _, file := range files {
			data, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(string(data), "1")
		}
	}
	f.Add("asyncapi: 3.0.0\nservers: {a: {host: a, protocol: ws}}\nchannels: &c {c: {address: '/{$x}', messages: {m: {payload: {type: object, properties: {'a $': {default: '{{'}, b: *c}}}}}}\noperations: {o: {action: receive, channel: {$ref: '#/channels/c'}}}", "")
	f.Fuzz(func(t *testing.T, text, pick string) {
		_, _ = drafted(t, "x.yaml", []byte(text), asyncapi.Options{Pick: pick})
	})
}
