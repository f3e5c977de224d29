package mqtt_test

import (
	"testing"

	"rtbench/loadgen/driver/drivertest"
)

func TestMain(m *testing.M) { drivertest.Main(m) }
