// Command samples checks what is in samples/, and the Dockerfile, with the code of
// the programs that they are for. It needs no cluster and no container engine.
package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/linter"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/robfig/cron/v3"
	apps "k8s.io/api/apps/v1"
	batch "k8s.io/api/batch/v1"
	core "k8s.io/api/core/v1"
	policy "k8s.io/api/policy/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"
)

func main() {
	failed := false
	for _, check := range []struct {
		file  string
		check func(path string) error
	}{
		{"samples/crontab", crontab},
		{"samples/kubernetes.yaml", kubernetes},
		{"samples/kubernetes-hosts.yaml", kubernetes},
		{"samples/compose.yaml", compose},
		{"samples/compose-hosts.yaml", compose},
		{"Dockerfile", dockerfile},
	} {
		err := check.check(filepath.Join(os.Args[1], check.file))
		if err != nil {
			failed = true
			fmt.Printf("%s: %v\n", check.file, err)
			continue
		}
		fmt.Printf("%s: fine\n", check.file)
	}
	if failed {
		os.Exit(1)
	}
}

func crontab(path string) error {
	content, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	jobs := 0
	for n, line := range strings.Split(string(content), "\n") {
		fields := strings.Fields(line)
		switch {
		case len(fields) == 0, strings.HasPrefix(fields[0], "#"), strings.Contains(fields[0], "="):
			continue
		case len(fields) < 6:
			return fmt.Errorf("line %d has no command", n+1)
		}
		if _, err := cron.ParseStandard(strings.Join(fields[:5], " ")); err != nil {
			return fmt.Errorf("line %d: %w", n+1, err)
		}
		jobs++
	}
	if jobs == 0 {
		return errors.New("it has no job")
	}
	return nil
}

func kubernetes(path string) error {
	content, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	for n, document := range bytes.Split(content, []byte("\n---\n")) {
		var kind meta.TypeMeta
		if err := yaml.Unmarshal(document, &kind); err != nil {
			return fmt.Errorf("document %d: %w", n+1, err)
		}
		into, known := map[string]any{
			"v1 ConfigMap": new(core.ConfigMap), "v1 PersistentVolumeClaim": new(core.PersistentVolumeClaim),
			"v1 Secret": new(core.Secret), "v1 Namespace": new(core.Namespace), "batch/v1 CronJob": new(batch.CronJob),
			"apps/v1 Deployment": new(apps.Deployment), "policy/v1 PodDisruptionBudget": new(policy.PodDisruptionBudget),
		}[kind.APIVersion+" "+kind.Kind]
		if !known {
			return fmt.Errorf("document %d is a %s of %s", n+1, kind.Kind, kind.APIVersion)
		}
		if err := yaml.UnmarshalStrict(document, into); err != nil {
			return fmt.Errorf("document %d: %w", n+1, err)
		}
		if job, is := into.(*batch.CronJob); is {
			if _, err := cron.ParseStandard(job.Spec.Schedule); err != nil {
				return fmt.Errorf("document %d: %w", n+1, err)
			}
		}
	}
	return nil
}

func compose(path string) error {
	options, err := cli.NewProjectOptions([]string{path}, cli.WithEnv([]string{"MUSTER_CLIENT_ID=1"}), cli.WithResolvedPaths(true))
	if err != nil {
		return err
	}
	_, err = options.LoadProject(context.Background())
	return err
}

func dockerfile(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	parsed, err := parser.Parse(file)
	if err != nil {
		return err
	}
	var findings []error
	stages, _, err := instructions.Parse(parsed.AST, linter.New(&linter.Config{
		Warn: func(rule, _, _, message string, at []parser.Range) {
			findings = append(findings, fmt.Errorf("line %d: %s: %s", at[0].Start.Line, rule, message))
		},
	}))
	for _, warning := range parsed.Warnings {
		findings = append(findings, errors.New(warning.Short))
	}
	if err == nil && len(stages) == 0 {
		err = errors.New("it builds nothing")
	}
	return errors.Join(append(findings, err)...)
}
