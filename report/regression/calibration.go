package regression

import (
	"encoding/json"
	"fmt"
	"time"

	"rtbench/report/result"
)

// A Calibration is the measured noise of a machine. The zero value means that it is unknown.
type Calibration struct {
	Version     int                `json:"version"`
	Measured    time.Time          `json:"measured"`
	Environment result.Environment `json:"environment"`
	Timer       []Timer            `json:"timer"`
	// FloorP50 is the response p50 of raw TCP with one message at a time.
	FloorP50 time.Duration `json:"floor_p50_ns"`
	Noise    Noise         `json:"noise"`
}

// A Timer is the lateness of an idle pacer at a rate.
type Timer struct {
	Rate float64       `json:"rate"` // messages/s
	P50  time.Duration `json:"p50_ns"`
	P99  time.Duration `json:"p99_ns"`
	Max  time.Duration `json:"max_ns"`
}

// calibrationVersion is the version of the file format.
const calibrationVersion = 2

// Encode returns the calibration as JSON.
func (c Calibration) Encode() ([]byte, error) {
	c.Version = calibrationVersion
	b, err := json.MarshalIndent(c, "", "  ")
	return append(b, '\n'), err
}

// DecodeCalibration decodes the output of Encode.
func DecodeCalibration(b []byte) (Calibration, error) {
	var c Calibration
	if err := json.Unmarshal(b, &c); err != nil {
		return Calibration{}, fmt.Errorf("not a calibration: %w", err)
	}
	if c.Version != calibrationVersion {
		return Calibration{}, fmt.Errorf("the calibration has format version %d, but this rtbench reads version %d; run `rtbench calibrate` again", c.Version, calibrationVersion)
	}
	return c, nil
}

// NoiseOn returns the noise if e is the calibrated machine, and no noise otherwise.
func (c Calibration) NoiseOn(e result.Environment) Noise {
	if c.Environment.SameMachine(e) {
		return c.Noise
	}
	return Noise{}
}

// Add returns c updated with the later calibration o, which replaces metrics of the same load. If o
// is of another machine, it replaces c completely.
func (c Calibration) Add(o Calibration) Calibration {
	for _, m := range c.NoiseOn(o.Environment).Metrics {
		if _, again := o.Noise.find(m.Config, m.Metric); !again {
			o.Noise.Metrics = append(o.Noise.Metrics, m)
		}
	}
	return o
}
