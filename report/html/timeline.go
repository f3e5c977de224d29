package html

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"rtbench/report/result"
)

// repData holds a repetition over time, in seconds since the beginning of the steady phase.
type repData struct {
	Name    string      `json:"name"`
	Word    result.Word `json:"word"`
	Steady  float64     `json:"steady"`
	Phases  string      `json:"phases"`
	Heat    [][]float64 `json:"heat"` // per slot: start, length, first bin, counts
	Samples [][]any     `json:"samples,omitempty"`
}

const (
	// binsPerDecade is the resolution of heatmaps; bin 0 begins at 1 ns.
	binsPerDecade = 12
	// sampleSlots is the number of x positions of samples, shared by the protocols of a group.
	sampleSlots = 400
	// maxSlots limits the size of the file.
	maxSlots = 4000
	// maxRepetitions limits the repetitions shown over time; above it, one per cell is shown.
	maxRepetitions = 250
)

// A budget limits the data shown over time.
type budget struct {
	slots       int // per repetition
	typicalOnly bool
}

func budgetOf(groups []*group) budget {
	n, cells := 0, 0
	for _, g := range groups {
		for _, e := range g.entries {
			n += len(e.Repetitions)
			cells++
		}
	}
	b := budget{typicalOnly: n > maxRepetitions}
	if b.typicalOnly {
		n = cells
	}
	b.slots = min(120, max(10, maxSlots/max(1, n)))
	return b
}

// overTime returns the heatmap and the samples of a repetition.
func overTime(r *result.Repetition, b budget) repData {
	ph := r.Phases
	d := repData{
		Name: strconv.Itoa(r.Index + 1), Word: r.Validity.Word(), Steady: seconds(ph.Steady),
		Phases: fmt.Sprintf("connect %s, warm-up %s, steady %s, drain %s", phase(ph.Connect), phase(ph.Warmup), phase(ph.Steady), phase(ph.Drain)),
		Heat:   [][]float64{},
	}
	together := max(1, (len(r.Timeline)+b.slots-1)/b.slots)
	for i := 0; i < len(r.Timeline); i += together {
		if slot := heat(r.Timeline[i:min(i+together, len(r.Timeline))]); slot != nil {
			d.Heat = append(d.Heat, slot)
		}
	}
	d.Samples = samples(r, b)
	return d
}

// heat counts the messages of neighbouring slots by bin of their response time; nil if there are
// none.
func heat(slots []result.Interval) []float64 {
	var bins []float64
	first := 0
	length := time.Duration(0)
	for _, in := range slots {
		length += in.Length
		for b := range in.Response.Bars() {
			at := int(binsPerDecade * math.Log10(float64(max(1, (b.From+b.To)/2))))
			if len(bins) == 0 {
				first = at
			}
			for ; at < first; first-- {
				bins = append([]float64{0}, bins...)
			}
			for at-first >= len(bins) {
				bins = append(bins, 0)
			}
			bins[at-first] += float64(b.Count)
		}
	}
	if len(bins) == 0 {
		return nil
	}
	return append([]float64{seconds(slots[0].Start), seconds(length), float64(first)}, bins...)
}

// samples returns the rates between consecutive samples, at the position of the later one:
// messages/s, then cores, megabytes and collections of the server and of the client. Unknown values
// are null.
func samples(r *result.Repetition, b budget) [][]any {
	var out [][]any
	every := max(1, (len(r.Samples)+b.slots-1)/b.slots)
	for i := every; i < len(r.Samples); i += every {
		from, to := r.Samples[i-every], r.Samples[i]
		over := (to.At - from.At).Seconds()
		if over <= 0 || r.Phases.Steady <= 0 {
			continue
		}
		place := math.Round(sampleSlots * float64(to.At) / float64(r.Phases.Steady))
		row := []any{place, threeDigits((float64(to.Recorded) - float64(from.Recorded)) / over), nil, nil, nil}
		if from.Server != nil && to.Server != nil {
			copy(row[2:], used(*from.Server, *to.Server, over))
		}
		out = append(out, append(row, used(from.Client, to.Client, over)...))
	}
	return out
}

// used returns cores, megabytes and garbage collections.
func used(from, to result.Used, over float64) []any {
	return []any{threeDigits((to.CPU - from.CPU).Seconds() / over), threeDigits(float64(to.RSSBytes) / 1e6), to.GCs - from.GCs}
}

func seconds(d time.Duration) float64 { return math.Round(d.Seconds()*1e4) / 1e4 }

func phase(d time.Duration) string { return result.Duration(float64(d)) }

// timeNote explains the charts over time; empty if there are none.
func (g *group) timeNote() string {
	for _, e := range g.entries {
		if hasTimeline(e.Cell.Cell) {
			return "Time 0 is the beginning of the steady phase; connecting and warm-up come before it and are not measured. Slots after its end hold late replies."
		}
	}
	return ""
}
