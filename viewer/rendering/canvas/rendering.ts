/** Drawing by the processor alone, for machines without a graphics card. */
export { createReformatViews } from './reformat-views.ts';
export { createStackView } from './stack-view.ts';
