"""The categories of instruments, in both languages; the words that a search may use."""

CATEGORIES: dict[str, tuple[str, str]] = {
    "analysis": ("分析仪器", "Analytical instruments"),
    "chromatography": ("色谱与质谱", "Chromatography and mass spectrometry"),
    "physical": ("物理性能测试", "Physical properties"),
    "mechanics": ("力学试验", "Mechanical testing"),
    "environment": ("环境与可靠性", "Environment and reliability"),
    "metrology": ("计量标准", "Metrology"),
    "electrical": ("电子与电磁兼容", "Electronics and EMC"),
    "microscopy": ("显微与表面", "Microscopy and surfaces"),
    "thermal": ("热分析与热处理", "Thermal analysis and treatment"),
    "biology": ("生物与医学", "Biology and medicine"),
    "process": ("工艺与试制", "Processing and prototyping"),
}

PARENTS: dict[str, str] = {
    "chromatography": "analysis",
    "microscopy": "analysis",
    "biology": "analysis",
    "mechanics": "physical",
    "thermal": "physical",
    "environment": "physical",
}
"""Which category another belongs to; the others stand by themselves."""


def kinds_of(category: str) -> list[str]:
    """Return a category with all those beneath it."""
    below = [one for one, parent in PARENTS.items() if parent == category]
    return [category, *(kind for one in below for kind in kinds_of(one))]
