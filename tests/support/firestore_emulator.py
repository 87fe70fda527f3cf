"""gcloud's Firestore emulator."""

import os

from google.cloud import firestore

from tests.support.gcloud_emulator import Emulator


def call(host: str) -> None:
    """Its client finds it by the environment, also those made later in this process."""
    os.environ["FIRESTORE_EMULATOR_HOST"] = host
    os.environ.setdefault("GOOGLE_CLOUD_PROJECT", "dropscribe-test")
    firestore.Client().document("ready/ready").get(timeout=5)


FIRESTORE = Emulator(
    component="cloud-firestore-emulator",
    jar="platform/cloud-firestore-emulator/cloud-firestore-emulator.jar",
    main="com.google.cloud.datastore.emulator.firestore.CloudFirestore",
    call=call,
    variable="FIRESTORE_EMULATOR_HOST",
)
