# SPDX-License-Identifier: Apache-2.0
"""The table of fields is what it was made from: the Katib project's models, and Go's source."""

from __future__ import annotations

from kfp_katib.experiment.schema import TABLE, object_types
from kfp_katib.experiment.schema.__main__ import read_go, table, written

GO = """
type RestartPolicy string

// Spec of something.
type ThingSpec struct {
	// +optional
	Handler `json:",inline"`
	Args []string `json:"args,omitempty" protobuf:"bytes,3,rep,name=args"`

	// Described
	// at length.
	Policy RestartPolicy `json:"policy,omitempty"`
	Reason *RestartPolicy `json:"reason,omitempty"`
	Labels map[string]string `json:"labels,omitempty"`
	Seconds *int64 `json:"seconds,omitempty"`
	Group Handler `json:"group,omitempty"`
	Name string `json:"name"`
}

type Handler struct {
	Delay int32 `json:"delay,omitempty"`
}
"""


def test_the_table_of_fields_is_that_of_katibs_models() -> None:
    """`python -m kfp_katib.experiment.schema` after a change of kubeflow-katib-api."""
    assert TABLE.read_text(encoding="utf-8") == written(table())


def test_go_says_what_it_leaves_out() -> None:
    """Empty text, numbers, lists and maps; a pointer is never empty, a struct always written."""
    fields = read_go(GO)["ThingSpec"]
    assert [name for name, (_, omitted) in fields.items() if omitted] == ["delay", "args", "policy", "labels"]
    assert {name: kind for name, (kind, omitted) in fields.items() if not omitted} == {
        "reason": "*string",
        "seconds": "*int64",
        "group": "Handler",
        "name": "string",
    }


def test_the_table_holds_what_go_says() -> None:
    """As of Kubernetes 1.34; the webhook of a real Katib is asked in tests/engines/katib/live."""
    known = object_types()
    assert {"value", "stdin"} <= {*known["EnvVar"].omitted, *known["Container"].omitted}
    assert "restartPolicy" not in known["Container"].omitted
    assert known["PodSecurityContext"].fields["supplementalGroups"] == "[int64]"
    assert known["JobSpec"].fields["backoffLimit"] == "integer"
    assert all({*kind.omitted, *kind.required} <= {*kind.fields} for kind in known.values())
