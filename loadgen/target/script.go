package target

import (
	"fmt"
	"path/filepath"
	"slices"

	"rtbench/loadgen/grpcschema"
	"rtbench/loadgen/script"
	"rtbench/scenarios"
	"rtbench/scenarios/template"
)

// A scriptBuilder compiles the script of one target.
type scriptBuilder struct {
	scenario *scenarios.Scenario
	cell     scenarios.Cell
	server   *Custom
	method   *grpcschema.Method // nil unless gRPC
	rows     *template.Rows
	captured []string // the values that steps capture
}

func (b *scriptBuilder) script() (*script.Script, error) {
	t := b.scenario.Custom
	s := &script.Script{Seed: uint64(b.cell.Seed), Mask: b.server.Mask}
	s.Kinds, s.Choice = t.Kinds(), script.NewChoice(s.Seed, t.Weights())
	b.captured = t.Captured()
	s.Captured = len(b.captured)
	s.RowPerMessage = t.Rows.Per == "message"
	if b.method != nil {
		s.Show, s.Kind = b.method.JSON, b.method.Kind
		s.Valid, s.InvalidClass = b.method.Valid, "cannot be decoded as "+string(b.method.Output.FullName())
	}
	var err error
	if t.Rows.File != "" {
		if b.rows, err = readRows(b.scenario.Resolve(t.Rows.File), t.Rows.File); err != nil {
			return nil, err
		}
		b.server.collectRowSecrets(b.rows, slices.Concat(t.Opening, t.Closing))
	}
	for i, m := range t.Messages {
		f, err := b.message(m, fmt.Sprintf("messages[%d]", i))
		if err != nil {
			return nil, err
		}
		s.Messages = append(s.Messages, f)
	}
	if err := b.checkMatchable(s); err != nil {
		return nil, err
	}
	if b.method != nil {
		b.setRequest(s)
	}
	if err := b.setMatching(s); err != nil {
		return nil, err
	}
	if s.Opening, err = b.steps(t.Opening); err != nil {
		return nil, err
	}
	if s.Closing, err = b.steps(t.Closing); err != nil {
		return nil, err
	}
	return s, b.setBackground(s)
}

// setBackground compiles answers and the heartbeat.
func (b *scriptBuilder) setBackground(s *script.Script) error {
	t := b.scenario.Custom
	for _, a := range t.Answers {
		to, err := b.condition(a.To, "answers")
		if err != nil {
			return err
		}
		format, err := b.format(a.Text, filepath.Base(a.At), "")
		if err != nil {
			return err
		}
		s.Answers = append(s.Answers, script.Answer{To: *to, Format: format})
	}
	if t.Heartbeat.Every == 0 {
		return nil
	}
	format, err := b.format(t.Heartbeat.Text, filepath.Base(t.Heartbeat.At), "")
	s.Heartbeat = &script.Heartbeat{Every: t.Heartbeat.Every, Format: format}
	return err
}

func (b *scriptBuilder) steps(list []scenarios.Step) ([]script.Step, error) {
	var out []script.Step
	replied := false // the last message received is still at hand
	for _, step := range list {
		d := script.Step{
			Do: step.Do, Within: step.Within, Pause: step.Pause, Code: step.Code,
			Position: filepath.Base(step.At), SameReply: step.Do == "capture" && replied,
		}
		var err error
		switch step.Do {
		case "capture":
			d.Captures, err = b.captures(step)
			replied = replied || step.ReadsReply()
		case "wait", "expect":
			d.Condition, err = b.condition(step.Condition, "steps: "+step.Do)
			replied = true
		case "authenticate", "subscribe", "send":
			d.Format, err = b.format(step.Text, d.Position, "")
			replied = false
		default:
			replied = false
		}
		if err != nil {
			return nil, err
		}
		out = append(out, d)
	}
	return out, nil
}
