package cell

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"rtbench/scenarios/spec"
)

// An Event happens to connections, or to the server, during the steady phase.
type Event struct {
	At time.Duration `json:"at_ns"` // after the beginning of the steady phase
	// Disconnect is the share of the connections that rtbench ends, in percent.
	Disconnect float64 `json:"disconnect,omitempty"`
	Reset      bool    `json:"reset,omitempty"` // by a reset (RST) instead of closing
	Group      string  `json:"group,omitempty"` // whose connections it ends; empty: all
	// Partition is how long nothing passes between client and server, in the direction To.
	Partition time.Duration `json:"partition_ns,omitempty"`
	To        string        `json:"to,omitempty"` // ToServer, ToClient, or empty for both
	// Restart ends the reference server and starts it again: Orderly, or Kill.
	Restart string `json:"restart,omitempty"`
	// Run is a command, which makes the server end or refuse connections.
	Run []string `json:"run,omitempty"`
}

// Values of Event.To.
const (
	ToServer = "server"
	ToClient = "client"
)

// Values of Event.Restart.
const (
	Orderly = "orderly" // it ends by itself, as after a signal
	Kill    = "kill"
)

// String names the event.
func (e Event) String() string {
	switch {
	case len(e.Run) > 0:
		return "run " + strings.Join(e.Run, " ")
	case e.Restart == Kill:
		return "restart after a kill"
	case e.Restart != "":
		return "restart"
	}
	text := fmt.Sprintf("disconnect %g%%", e.Disconnect)
	if e.Partition > 0 {
		text = fmt.Sprintf("partition of %v", e.Partition)
		if e.To != "" {
			text += " to the " + e.To
		}
	}
	if e.Group != "" {
		text += " of " + e.Group
	}
	if e.Reset {
		text += " by reset"
	}
	return text
}

// Partitions reports whether one of the events is a partition.
func (c Config) Partitions() bool {
	return slices.ContainsFunc(c.Events, func(e Event) bool { return e.Partition > 0 })
}

// Restarts reports whether one of the events restarts the reference server.
func (c Config) Restarts() bool {
	return slices.ContainsFunc(c.Events, func(e Event) bool { return e.Restart != "" })
}

// ByOthers reports whether the server ends streams because of the event, at times that rtbench does not know.
func (e Event) ByOthers() bool { return len(e.Run) > 0 || e.Restart != "" }

// Concerns reports whether the event is meant for the streams of a group; "" if there are no groups.
func (e Event) Concerns(group string) bool { return e.Group == "" || e.Group == group }

// eventsConcern reports whether one of the events may end streams of the cell's group.
func (c *Config) eventsConcern() bool {
	return slices.ContainsFunc(c.Events, func(e Event) bool { return e.ByOthers() || e.Concerns(c.Group) })
}

// HasPolicy reports whether the scenario says when streams are opened again.
func (c Config) HasPolicy() bool { return c.Reconnect.Policy != "" }

var percentKind = spec.Kind[float64]{
	Expected: "a share such as 100% or 12.5%, above 0%", Allowed: []spec.Limits{{Type: "string", Pattern: `^(100|\d{1,2}(\.\d+)?)%$`}},
	Parse: func(s string) (float64, bool) {
		digits, percent := strings.CutSuffix(s, "%")
		v, err := strconv.ParseFloat(digits, 64)
		return v, percent && err == nil && v > 0 && v <= 100 && !math.IsNaN(v)
	},
	Hint: func(s string) string {
		if v, err := strconv.ParseFloat(s, 64); err == nil && v > 0 && v <= 100 {
			if v <= 1 {
				v *= 100
			}
			return fmt.Sprintf("; did you mean %g%%?", v)
		}
		return ""
	},
}

// restartKind accepts true, an orderly restart, and kill.
var restartKind = spec.Kind[string]{
	Expected: "true, an orderly restart, or kill", Allowed: []spec.Limits{{Enum: []string{Kill}}, {Type: "boolean"}},
	Parse: func(s string) (string, bool) {
		word := map[string]string{"true": Orderly, Kill: Kill}[s]
		return word, word != ""
	},
	Hint: func(s string) string {
		return spec.Nearest(s, "true yes on stop orderly graceful term sigterm", Kill+" killed sigkill crash hard -9 force")
	},
}

func (e *Event) value() spec.Value {
	how := new(string)
	return spec.Section(
		spec.Key{Name: "at", Also: "after time when", Value: spec.One(&e.At, spec.Duration(0)), Required: "its time since the beginning of the steady phase, such as {at: 20s, disconnect: 100%}", Doc: "Time since the beginning of the steady phase."},
		spec.Key{Name: "disconnect", Also: "cut drop kill close kick", Value: spec.One(&e.Disconnect, percentKind), Doc: "rtbench ends this share of the connections, evenly spread."},
		spec.Key{Name: "partition", Also: "cut_off isolate outage blackout split", Value: spec.One(&e.Partition, spec.Duration(time.Millisecond)), Doc: "Nothing passes between client and server for this time. Messages on their way, and those sent meanwhile, arrive afterwards; connections stay open unless the client or the server gives up. Connections then go through the relay of an emulated network, see network."},
		spec.Key{Name: "to", Also: "direction toward towards", Value: spec.One(&e.To, spec.OneOf(ToServer+" up upstream to-server", ToClient+" down downstream to-client")), Doc: "With partition: only what goes to the server, or to the client, is held back. Default: both."},
		spec.Key{Name: "how", Also: "by with", Value: spec.Then(spec.One(how, spec.OneOf("close fin", "reset rst abort")), func() { e.Reset = *how == "reset" }), Doc: "close (default): TCP connections are closed. reset: they are reset."},
		spec.Key{Name: "group", Also: "of groups only", Value: spec.One(&e.Group, spec.Text), Doc: "Only connections of this group. Default: those of all groups."},
		spec.Key{Name: "restart", Also: "reboot redeploy bounce", Value: spec.One(&e.Restart, restartKind), Doc: "The reference server ends and starts again at the same addresses. true: it closes its connections and reports its counts; CPU is the sum of both processes, memory that of the new one. kill: it ends at once, and its last counts are lost. For a server of your own use run."},
		spec.Key{Name: "run", Also: "command exec execute shell", Value: spec.Items(&e.Run, "a command and its arguments, such as [docker, restart, chat]", func(s *string) spec.Value { return spec.One(s, spec.Text) }), Doc: "A command with its arguments, such as [docker, restart, chat]: streams that end, and attempts that fail, are then those of the event, until all are back for a second after the command has ended."},
	)
}

// eventsKey returns the key of the events.
func (c *Config) eventsKey() spec.Key {
	var list []Event
	return spec.Key{
		Name: "events", Also: "event storm storms disconnects chaos faults", Example: "# [{at: 1s, disconnect: 100%}, {at: 2s, partition: 500ms}, {at: 3s, restart: true}]",
		Value: spec.Then(spec.Items(&list, "events such as [{at: 20s, disconnect: 100%}]", (*Event).value), func() { c.Events, list = list, nil }),
		Conflicts: []spec.Conflict{
			c.withAPI(Guide, " with api: guide; expected api: reference or custom"),
			spec.When(func() bool { return c.Model == Closed && c.API == Reference && c.Pattern == "push" }, " with pattern push in a closed loop: a flood has no plan by which to count missed messages; expected `model: open` with it"),
			spec.When(func() bool { return c.API == Reference && c.Pattern == "upload" }, " with pattern upload and api: reference, where the server measures each stream; expected pattern echo, push or fanout"),
		},
		Doc: "What happens to connections in the steady phase, in the order of time: disconnects by rtbench, partitions of the network, restarts of the reference server, or commands that restart your own. Streams come back as reconnect says. A message that is due while its connection is away counts as missed, and is not sent later. In a closed loop the message that has no reply yet is missed, and the loop goes on once its connection is back.",
	}
}
