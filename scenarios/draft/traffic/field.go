package traffic

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"rtbench/internal/lazyregexp"
	"rtbench/scenarios/draft"
)

// A field is a value that all messages of a kind have at the same path.
type field struct {
	leaf
	values []string
}

// fieldsOf returns the fields of a kind.
func fieldsOf(k *kind) (fields []field) {
	for i, l := range k.documents[0].leaves {
		f := field{leaf: l}
		for _, d := range k.documents {
			if o, ok := d.leafNear(i, l.path); ok && o.text == l.text && o.number == l.number {
				f.values = append(f.values, o.value)
			}
		}
		if len(f.values) == len(k.documents) {
			fields = append(fields, f)
		}
	}
	return fields
}

// distinct returns the number of different values.
func (f *field) distinct() int {
	return len(slices.Compact(slices.Sorted(slices.Values(f.values))))
}

var (
	uuidForm  = lazyregexp.New(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)
	idName    = lazyregexp.New(`(?i)^(_?id|ref|seq|seqno|sequence|nonce|n|no|number|num|cid|rid|mid|reqid|msgid|ack|correlation.*|request.?id|message.?id|invocation.?id|.*[a-z]id|.*_id|client.?(ref|id))$`)
	wholeForm = lazyregexp.New(`^-?\d{1,18}$`)
)

// counts reports whether the values are whole numbers that rise by one each.
func (f *field) counts() bool {
	for i, v := range f.values {
		n, err := strconv.ParseUint(v, 10, 62)
		if err != nil {
			return false
		}
		if before, _ := strconv.ParseUint(f.values[max(0, i-1)], 10, 62); i > 0 && n != before+1 {
			return false
		}
	}
	return len(f.values) > 1
}

// timeAction returns the action for a value that is the time at which a message was sent.
func timeAction(l leaf, at time.Time) string {
	if l.text {
		if t, err := time.Parse(time.RFC3339Nano, l.value); err == nil && near(t, at) {
			return "{{.Timestamp}}"
		}
	}
	for _, u := range timeUnits {
		if t, ok := u.parse(l.value); ok && near(t, at) {
			return u.action
		}
	}
	return ""
}

// timeUnits are the units of times as whole numbers.
var timeUnits = []timeUnit{
	{"s", time.Second, "{{.TimestampUnix}}"},
	{"ms", time.Millisecond, "{{.TimestampUnixMilli}}"},
	{"ns", time.Nanosecond, "{{.TimestampUnixNano}}"},
}

type timeUnit struct {
	name   string
	unit   time.Duration
	action string
}

func (u timeUnit) parse(value string) (time.Time, bool) {
	n, err := strconv.ParseInt(value, 10, 64)
	if err != nil || n <= 0 || n > math.MaxInt64/int64(u.unit) {
		return time.Time{}, false
	}
	return time.Unix(0, n*int64(u.unit)), true
}

// near reports whether a time is that of a message, on a clock that is roughly right.
func near(t, at time.Time) bool { return t.Sub(at).Abs() < 10*time.Minute }

// action returns the template for a field of the load that need not come back; empty: the value is
// constant.
func (f *field) action(at time.Time) string {
	first := f.values[0]
	switch {
	case uuidForm.MatchString(first) && (len(f.values) == 1 || f.distinct() > 1):
		return "{{newUUID}}"
	case timeAction(f.leaf, at) != "":
		return timeAction(f.leaf, at)
	case f.distinct() == 1:
		return ""
	case f.counts():
		return "{{.RequestNumber}}"
	case f.number:
		return numbers(f.values)
	case f.text && f.distinct() > 3 || f.distinct()*2 > len(f.values):
		return randomText(f.values)
	}
	return ""
}

// numbers returns the action for a number between those seen; empty if they are too large.
func numbers(values []string) string {
	low, high, fraction := math.Inf(1), math.Inf(-1), false
	for _, v := range values {
		n, err := strconv.ParseFloat(v, 64)
		if err != nil || math.Abs(n) > 1e15 {
			return ""
		}
		low, high, fraction = math.Min(low, n), math.Max(high, n), fraction || !wholeForm.MatchString(v)
	}
	text := fmt.Sprintf("{{randomInt %d %d}}", int64(math.Floor(low)), int64(math.Floor(high))+1)
	if fraction && low >= 0 {
		text += ".{{randomInt 1 100}}"
	}
	return text
}

// randomText returns the action for text as long as those seen.
func randomText(values []string) string {
	shorter := func(a, b string) int { return cmp.Compare(len(a), len(b)) }
	least, most := len(slices.MinFunc(values, shorter)), len(slices.MaxFunc(values, shorter))
	switch {
	case most == 0 || most > 1<<20:
		return ""
	case least == most:
		return fmt.Sprintf("{{randomString %d}}", most)
	}
	return fmt.Sprintf("{{randomString %d %d}}", least, most)
}

// template returns a document as a template in which actions replace the values at some paths.
// Captured values and secrets are replaced as well.
func (c *conversation) template(d *document, actions map[string]string) string {
	if len(d.leaves) == 0 {
		return c.plain(d.text)
	}
	var b strings.Builder
	at := 0
	for _, l := range d.leaves {
		with := cmp.Or(c.replacement(l), actions[l.path])
		if with == "" {
			continue
		}
		if l.text {
			with = `"` + with + `"`
		}
		b.WriteString(draft.Escape(d.text[at:l.from]) + with)
		at = l.to
	}
	return b.String() + draft.Escape(d.text[at:])
}

// replacement returns the template for a captured value or a secret; empty: neither.
func (c *conversation) replacement(l leaf) string {
	if name := c.captures[l.value]; name != "" {
		return "{{." + name + "}}"
	}
	if !l.text && !l.number || l.value == "" {
		return ""
	}
	if variable := c.draft.Secrets.Known(l.value); variable != "" {
		return variable
	}
	if draft.IsSecret(l.name, l.value) {
		return c.draft.Secrets.Hide("MESSAGE", l.name, l.value)
	}
	return ""
}

// constant returns a document as the template of a step or a heartbeat, which has no counters.
func (c *conversation) constant(d *document) string {
	actions := map[string]string{}
	for _, l := range d.leaves {
		if uuidForm.MatchString(l.value) {
			actions[l.path] = "{{newUUID}}"
		} else if a := timeAction(l, d.at); a != "" {
			actions[l.path] = a
		}
	}
	return c.template(d, actions)
}

var (
	// headerLine matches lines such as those of STOMP, and pairs within text.
	headerLine = lazyregexp.New(`([A-Za-z][A-Za-z0-9_-]*)["']?\s*[:=]\s*["']?([^\s"',;&}\x00]+)`)
	longWord   = lazyregexp.New(`([A-Za-z0-9_+/=.-]{16,})`)
)

// plain returns text that is not JSON as a template without secrets.
func (c *conversation) plain(text string) string {
	var b strings.Builder
	at := 0
	for _, m := range append(headerLine.FindAllStringSubmatchIndex(text, -1), longWord.FindAllStringSubmatchIndex(text, -1)...) {
		from, to, name := m[2], m[3], ""
		if len(m) == 6 {
			from, to, name = m[4], m[5], text[m[2]:m[3]]
		}
		if draft.IsSecret(name, text[from:to]) {
			c.draft.Secrets.Hide("MESSAGE", name, text[from:to])
		}
	}
	for at < len(text) {
		from, to, variable := c.draft.Secrets.In(text[at:])
		if variable == "" {
			break
		}
		b.WriteString(draft.Escape(text[at:at+from]) + variable)
		at += to
	}
	return b.String() + draft.Escape(text[at:])
}
