/** The models folder: what is installed, and loading it. */
export { findModel, listModels, manifestFile, parseModelName, readManifest, readModelFolder, type InstalledModel, type ModelListing } from './installed-models.ts';
export { loadPipeline, readDependencies, readIdentity, verifyModel, type LoadOptions } from './load-pipeline.ts';
export type { ModelIdentity, ModelPipeline } from './pipeline.ts';
