"""From a store to an answer: who is helped, where, and the pictures that show it.

The form of an answer, the same for all of them:

- a function named as the command (``counterpulse map``, ``cp.map``), the Dataset first, then what is asked by name;
- ``arm``, ``reference``, ``definition`` and ``thresholds`` are None by default and inferred: its first line makes a
  :class:`~counterpulse.analysis.response.comparison.Comparison` of them, and inside only that travels;
- it reads with :func:`~counterpulse.analysis.reading.stream.fold`, and says there what it does with sampling weights;
- it returns an ``xr.Dataset`` that can be indexed, saved with ``to_netcdf`` and plotted: numbers as variables with
  ``long_name`` and ``units`` (``flag_values`` and ``flag_meanings`` where they are codes), attributes of plain numbers
  and texts, among them those of the comparison and how many candidates were compared or not;
- ``in_words(answer)`` beside it makes sentences and tables of that Dataset (``Text`` and ``Table`` of
  :mod:`~counterpulse.analysis.words.parts`): the command line prints them, the report shows them, nobody else words it;
- ``..._figure(answer)`` draws it; ``--json`` is its attributes and ``Dataset.to_dict``, the same for all answers.

The names of the face stand in ``counterpulse/__init__.py``: ``analysis.regions`` is a room, ``cp.regions`` its answer.
"""
