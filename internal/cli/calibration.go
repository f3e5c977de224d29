package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"rtbench/report/regression"
	"rtbench/report/result"
)

// calibrationPath returns path, or if that is empty the file in the user's cache directory.
func calibrationPath(path string) (string, error) {
	if path != "" {
		return path, nil
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("finding the user's cache directory: %w; choose a file with --calibration", err)
	}
	return filepath.Join(dir, "rtbench", "calibration.json"), nil
}

// readCalibration reads a calibration. A missing file is an error only if the user named it.
func readCalibration(named string) (regression.Calibration, error) {
	path, err := calibrationPath(named)
	if err != nil {
		return regression.Calibration{}, nil //nolint:nilerr // without a cache directory there is no calibration
	}
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) && named == "" {
		return regression.Calibration{}, nil
	}
	if err != nil {
		return regression.Calibration{}, err
	}
	c, err := regression.DecodeCalibration(b)
	if err != nil {
		return regression.Calibration{}, fmt.Errorf("%s: %w; run `rtbench calibrate` again", path, err)
	}
	return c, nil
}

// checkCalibration checks, before anything is measured, that path can be written.
func checkCalibration(path string) error {
	err := os.MkdirAll(filepath.Dir(path), 0o755)
	if err == nil {
		err = result.CheckWritable(filepath.Dir(path))
	}
	if info, statErr := os.Stat(path); err == nil && statErr == nil && info.IsDir() {
		err = fmt.Errorf("%s is a directory", path)
	}
	if err != nil {
		return fmt.Errorf("nothing was measured, because the calibration cannot be stored: %w; choose another file with --calibration", err)
	}
	return nil
}

func storeCalibration(path string, add bool, now regression.Calibration) error {
	if before, err := readCalibration(""); add && err == nil {
		now = before.Add(now)
	}
	b, err := now.Encode()
	if err != nil {
		return err
	}
	if cause := result.WriteFile(path, b); cause != nil {
		name := filepath.Base(path)
		dir, err := writeElsewhere("calibration", path, cause, func(dir string) error { return result.WriteFile(filepath.Join(dir, name), b) })
		if dir != "" {
			err = fmt.Errorf("%w; gate reads it with --calibration %s", err, filepath.Join(dir, name))
		}
		return err
	}
	fmt.Printf("Stored: %s\n", path)
	return nil
}
