//go:build !nofleet

// Package fleet runs repetitions on several machines. A coordinator gives each agent a share of a
// repetition and a common origin; each agent then runs its share by its own clock and plan, so that no
// message of the load is coordinated over the network. NATS carries what they say to each other, and
// JetStream keeps the agents' results until the coordinator has them.
//
// What travels is data: a task, the text of a scenario, times, counts. Secrets do not, and an agent runs no
// command that it receives.
package fleet

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"

	"rtbench/loadgen"
	"rtbench/proto/clock"
	"rtbench/report/result"
)

// Subjects. NAME is an agent's and RUN a coordinator's.
const (
	helloSubject  = "rtbench.hello"        // agents announce themselves
	agentSubjects = "rtbench.agent.%s.%s"  // NAME and the request: claim, clock, task, command, stop, hold, release
	runSubject    = "rtbench.run.%s"       // the coordinator announces itself
	takenSubject  = "rtbench.taken.%s"     // RUN; a collector announces itself
	clockSubject  = "rtbench.clock.%s"     // RUN; answered with the coordinator's time
	reportSubject = "rtbench.report.%s.%s" // RUN, NAME; kept by the stream of the run
)

const (
	// helloEvery is the interval of announcements. An agent that was not heard for lease is lost, and a
	// coordinator that was not heard for it has no claim on its agents.
	helloEvery = time.Second
	lease      = 10 * time.Second
	// askTimeout limits the wait for an agent's reply.
	askTimeout = 5 * time.Second
)

// A hello announces an agent.
type hello struct {
	Name    string `json:"name"`
	Host    string `json:"host"`
	Version string `json:"version"` // of rtbench
	Clock   string `json:"clock"`   // identifies its clock
	Run     string `json:"run"`     // that has claimed it; empty if none
}

// A claim asks an agent to work for a run only.
type claim struct {
	Run string `json:"run"`
}

// An order asks an agent to run a task.
type order struct {
	Run    string       `json:"run"`
	Number int          `json:"number"` // of the attempt, from 1
	Task   loadgen.Task `json:"task"`
	// Parcel is the name of the scenario in the store of the run; empty if the task needs none.
	Parcel string `json:"parcel,omitempty"`
}

// A taskName names a task of a run, to end it early, or to ask whether the agent works on it or holds reports.
type taskName struct {
	Run    string `json:"run"`
	Number int    `json:"number"` // of the attempt
}

// A commandEnd tells that the Nth command of a task's events has ended, counted from 1.
type commandEnd struct {
	Run    string `json:"run"`
	Number int    `json:"number"`
	N      int    `json:"n"`
}

// A reply answers a request. Refused is empty if it was granted.
type reply struct {
	Refused string `json:"refused,omitempty"`
	// Clock is the coordinator's clock as the agent read it, if that was asked.
	Clock *clock.Reading `json:"clock,omitempty"`
}

// An update is a report of progress.
type update struct {
	Status result.Status   `json:"status"`
	Times  []loadgen.Delta `json:"times"` // of each cell; empty: none
}

// An encodedUpdate is an update whose histograms are still encoded.
type encodedUpdate struct {
	Status result.Status  `json:"status"`
	Times  []encodedDelta `json:"times"`
}

// An encodedDelta is a loadgen.Delta with encoded histograms.
type encodedDelta struct {
	Response string         `json:"response_ns"`
	Service  string         `json:"service_ns"`
	Lag      string         `json:"lag_ns"`
	Low      string         `json:"low_ns"`
	State    *loadgen.State `json:"state"`
}

// A manifest is the last report about a task: it tells how many must have arrived.
type manifest struct {
	Reports int      `json:"reports"` // before this one
	Cells   []counts `json:"cells"`   // the times of each cell
}

// counts are numbers of times.
type counts struct {
	Response int64 `json:"response"`
	Service  int64 `json:"service"`
	Lag      int64 `json:"lag"`
	Low      int64 `json:"low"`
}

// add adds counts.
func (n counts) add(o counts) counts {
	return counts{n.Response + o.Response, n.Service + o.Service, n.Lag + o.Lag, n.Low + o.Low}
}

// countsOf counts times.
func countsOf(d loadgen.Delta) counts {
	return counts{d.Response.Count(), d.Service.Count(), d.Lag.Count(), d.Low.Count()}
}

// Kinds of reports. A part may need several pieces.
const (
	updateKind   = "update"
	pieceKind    = "piece"
	manifestKind = "manifest"
)

// pieceSize is the length of a piece. NATS accepts 1 MB by default.
const pieceSize = 256 << 10

// A report is a message of an agent about a task. Reports have consecutive numbers, from 1.
type report struct {
	agent, kind  string
	task, number int
	body         []byte
}

const (
	taskHeader   = "Rtbench-Task"
	numberHeader = "Rtbench-Number"
	kindHeader   = "Rtbench-Kind"
)

// message returns the report as a message of a run. Its Msg-Id makes a repeated one harmless.
func (r report) message(run string) *nats.Msg {
	m := nats.NewMsg(subject(reportSubject, run, r.agent))
	m.Data = r.body
	m.Header.Set(taskHeader, strconv.Itoa(r.task))
	m.Header.Set(numberHeader, strconv.Itoa(r.number))
	m.Header.Set(kindHeader, r.kind)
	m.Header.Set(nats.MsgIdHdr, strings.Join([]string{run, r.agent, strconv.Itoa(r.task), strconv.Itoa(r.number)}, "/"))
	return m
}

// readReport returns the report in a message; ok is false if it is none.
func readReport(subject string, h nats.Header, body []byte) (r report, ok bool) {
	task, errTask := strconv.Atoi(h.Get(taskHeader))
	number, errNumber := strconv.Atoi(h.Get(numberHeader))
	agent := subject[strings.LastIndex(subject, ".")+1:]
	return report{agent, h.Get(kindHeader), task, number, body}, errTask == nil && errNumber == nil
}

// kept returns the name of a run's stream of reports, and of its store.
func kept(run string) string { return "rtbench-" + run }

func subject(format string, names ...string) string {
	for _, n := range names {
		format = strings.Replace(format, "%s", n, 1)
	}
	return format
}

// encode returns v as JSON. It only fails for values that no message has.
func encode(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}
