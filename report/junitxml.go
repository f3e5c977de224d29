package report

import (
	"cmp"
	"encoding/xml"
	"io"
	"strconv"

	"rtbench/report/result"
)

// The types of the JUnit document. encoding/xml replaces characters that are not allowed in XML by
// U+FFFD, so error messages of servers cannot break it.

type junitSuites struct {
	XMLName xml.Name `xml:"testsuites"`
	Name    string   `xml:"name,attr"`
	junitCounts
	Time   string       `xml:"time,attr"`
	Suites []junitSuite `xml:"testsuite"`
}

type junitCounts struct {
	Tests    int `xml:"tests,attr"`
	Failures int `xml:"failures,attr"`
	Errors   int `xml:"errors,attr"`
	Skipped  int `xml:"skipped,attr"` // inconclusive comparisons
}

type junitSuite struct {
	Name string `xml:"name,attr"`
	junitCounts
	Time       string          `xml:"time,attr"`
	Timestamp  string          `xml:"timestamp,attr,omitempty"`
	Properties []junitProperty `xml:"properties>property,omitempty"`
	Cases      []junitCase     `xml:"testcase"`
}

type junitProperty struct {
	Name  string `xml:"name,attr"`
	Value string `xml:"value,attr"`
}

// A junitCase has at most one of Error, Failure and Skipped.
type junitCase struct {
	Name    string        `xml:"name,attr"`
	Class   string        `xml:"classname,attr"`
	Time    string        `xml:"time,attr"`
	Error   *junitProblem `xml:"error"`
	Failure *junitProblem `xml:"failure"`
	Skipped *junitProblem `xml:"skipped"`
	Output  string        `xml:"system-out,omitempty"`
}

// newCase returns a case of a suite that took no time.
func newCase(suite, name string) junitCase {
	return junitCase{Name: name, Class: "rtbench." + suite, Time: seconds(0)}
}

// failing returns the case with a failure.
func (c junitCase) failing(message, kind, text string) junitCase {
	c.Failure = &junitProblem{message, kind, text}
	return c
}

// A junitProblem is the reason for a failure, an error or a skipped case.
type junitProblem struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr"`
	Text    string `xml:",chardata"`
}

func (doc *junitSuites) write(w io.Writer) error {
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	enc := xml.NewEncoder(w)
	enc.Indent("", "  ")
	if err := enc.Encode(doc); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

// add adds a suite with the environment of r.
func (doc *junitSuites) add(s junitSuite, r *result.Result) {
	s.Timestamp = r.Started.UTC().Format("2006-01-02T15:04:05")
	e := r.Environment
	s.Properties = []junitProperty{
		{"tool", r.Tool.String()},
		{"go", r.Tool.Go},
		{"os", e.OS + "/" + e.Arch},
		{"kernel", e.Kernel},
		{"cpu", e.CPU},
		{"cores", strconv.Itoa(e.Cores)},
		{"finding", cmp.Or(string(r.Word()), "none")},
	}
	if text := Insecure(r); text != "" {
		s.Properties = append([]junitProperty{{"insecure", text}}, s.Properties...)
	}
	doc.append(s)
}

// append counts the cases of s and adds it.
func (doc *junitSuites) append(s junitSuite) {
	var total float64
	for _, c := range s.Cases {
		s.Tests++
		if c.Failure != nil {
			s.Failures++
		}
		if c.Error != nil {
			s.Errors++
		}
		if c.Skipped != nil {
			s.Skipped++
		}
		took, _ := strconv.ParseFloat(c.Time, 64)
		total += took
	}
	s.Time = strconv.FormatFloat(total, 'f', 3, 64)
	doc.Tests += s.Tests
	doc.Failures += s.Failures
	doc.Errors += s.Errors
	doc.Skipped += s.Skipped
	doc.Suites = append(doc.Suites, s)
}
