package template

import (
	"math/bits"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

	"rtbench/proto"
	"rtbench/scenarios/suggest"
)

// An appender appends the text of an action.
type appender func(dst []byte, v *Values) []byte

// An Action is a compiled action. It is immutable and safe for concurrent use.
type Action struct {
	name   string
	append appender // allocates nothing once dst has capacity
	column string   // of Row
	// captured marks {{.NAME}}, a value taken from a reply; once bound, index is its place in Values.Captured.
	captured bool
	index    int
}

// Name returns RequestNumber, UUID, randomInt, Row and so on, or the name of a captured value,
// without a dot.
func (a *Action) Name() string { return a.name }

func nothing(dst []byte, _ *Values) []byte { return dst }

// A known is a row of the table of actions.
type known struct {
	name        string
	dot         bool // written with a dot, which is optional
	least, most int  // number of arguments
	form        string
	// compile returns the appender, or an error for the arguments.
	compile func(numbers []int64) (a appender, complaint string)
}

// The names are those of ghz, except Seq, Stream, Room, Header, Body and Row.
var actions = []known{
	plain(".RequestNumber", func(dst []byte, v *Values) []byte { return strconv.AppendUint(dst, v.Number, 10) }),
	plain(".UUID", appendMessageUUID),
	plain(".Timestamp", func(dst []byte, v *Values) []byte {
		return time.Unix(0, v.Unix).UTC().AppendFormat(dst, time.RFC3339)
	}),
	plain(".TimestampUnix", func(dst []byte, v *Values) []byte { return strconv.AppendInt(dst, v.Unix/1e9, 10) }),
	plain(".TimestampUnixMilli", func(dst []byte, v *Values) []byte { return strconv.AppendInt(dst, v.Unix/1e6, 10) }),
	plain(".TimestampUnixNano", func(dst []byte, v *Values) []byte { return strconv.AppendInt(dst, v.Unix, 10) }),
	plain(".Seq", func(dst []byte, v *Values) []byte { return strconv.AppendUint(dst, v.Seq, 10) }),
	plain(".Stream", appendStream),
	plain(".WorkerID", appendStream),
	plain(".Room", func(dst []byte, v *Values) []byte { return strconv.AppendUint(dst, uint64(v.Room), 10) }),
	plain(".Header", appendHeader),
	plain(".Body", nothing),
	plain("newUUID", func(dst []byte, v *Values) []byte { return appendRandomUUID(dst, v.Rand) }),
	{"randomString", false, 1, 2, "{{randomString LENGTH}} or {{randomString MIN MAX}}", compileRandomString},
	{"randomInt", false, 2, 2, "{{randomInt MIN MAX}}", compileRandomInt},
}

// plain returns the row of an action without arguments.
func plain(written string, a appender) known {
	name, dot := strings.CutPrefix(written, ".")
	return known{name, dot, 0, 0, "{{" + written + "}} alone", func([]int64) (appender, string) { return a, "" }}
}

func appendHeader(dst []byte, v *Values) []byte {
	if v.Header == nil {
		return dst
	}
	return append(dst, v.Header()...)
}

func appendStream(dst []byte, v *Values) []byte { return strconv.AppendUint(dst, uint64(v.Stream), 10) }

// compileRandomString follows ghz: a length that is not positive means 2 to 16. Both bounds are
// inclusive.
func compileRandomString(numbers []int64) (appender, string) {
	least, most := numbers[0], numbers[len(numbers)-1]
	switch {
	case len(numbers) == 1 && least <= 0:
		least, most = 2, 16
	case least < 0, least > most:
		return nil, "expected MIN from 0 to MAX"
	case most > proto.MaxSize:
		return nil, "expected at most 1048576 letters (1 MiB)"
	}
	return func(dst []byte, v *Values) []byte {
		return appendLetters(dst, int(least)+below(v.Rand, int(most-least)+1), v.Rand)
	}, ""
}

// compileRandomInt follows ghz: MAX is exclusive.
func compileRandomInt(numbers []int64) (appender, string) {
	least, span := numbers[0], uint64(numbers[1])-uint64(numbers[0])
	if numbers[1] <= least {
		return nil, "expected MIN below MAX, which is exclusive"
	}
	return func(dst []byte, v *Values) []byte {
		drawn, _ := bits.Mul64(v.Rand.Uint64(), span)
		return strconv.AppendInt(dst, int64(uint64(least)+drawn), 10)
	}, ""
}

// below draws from 0 to n-1. The bias of n in 2^64 is negligible.
func below(r *rand.PCG, n int) int {
	drawn, _ := bits.Mul64(r.Uint64(), uint64(n))
	return int(drawn)
}

// ofMethods are the actions of ghz that refer to the called gRPC method.
var ofMethods = []string{"FullyQualifiedName", "MethodName", "ServiceName", "InputName", "OutputName", "IsClientStreaming", "IsServerStreaming"}

// find returns the row of the action with this name.
func find(written string, offset int) (known, error) {
	name, dot := strings.CutPrefix(written, ".")
	for _, k := range actions {
		if k.name != name {
			continue
		}
		if dot && !k.dot {
			return known{}, wrong(offset, "{{%s}}: %s with a dot; expected %s", shown(written), k.name, k.form)
		}
		return k, nil
	}
	switch {
	case slices.Contains(ofMethods, name):
		return known{}, wrong(offset, "{{%s}}: unsupported action, because the method is constant; %s", written, available())
	case name == "Row":
		return known{}, wrong(offset, "{{%s}}: missing column name; expected {{.Row.NAME}}", shown(written))
	}
	if n := suggest.Nearest(name, names()); n != "" {
		return known{}, wrong(offset, "{{%s}}: unknown action; did you mean {{%s}}?", shown(written), n)
	}
	return known{}, wrong(offset, "{{%s}}: unknown action; %s", shown(written), available())
}

// names lists the actions as written.
func names() []string {
	var all []string
	for _, k := range actions {
		if k.dot {
			k.name = "." + k.name
		}
		all = append(all, k.name)
	}
	return append(all, ".Row.NAME")
}

func available() string { return "expected one of " + strings.Join(names(), ", ") }
